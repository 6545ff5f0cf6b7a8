/** The README's picture of a transcript: a terminal as SVG, and nothing but text in it. */
export function picture(transcript: string): string {
  const lines = transcript.trimEnd().split("\n");
  const columns = Math.max(...lines.map((line) => line.length));
  const [width, height] = [columns * 8.4 + 40, lines.length * 19 + 56];
  const rows = lines.map(
    (line, index) => `<text x="20" y="${52 + index * 19}" xml:space="preserve">${colour(escaped(line))}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<style>text{font:14px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#d6deeb}.e{fill:#ff6b6b;font-weight:700}.l{fill:#7fdbca}.c{fill:#ecc48d}.p{fill:#82aaff}</style>
<rect width="100%" height="100%" rx="10" fill="#011627"/>
<circle cx="22" cy="20" r="6" fill="#ff5f56"/><circle cx="42" cy="20" r="6" fill="#ffbd2e"/><circle cx="62" cy="20" r="6" fill="#27c93f"/>
${rows.join("\n")}
</svg>
`;
}

function colour(line: string): string {
  return line
    .replace(/^\$ .*/, '<tspan class="p">$&</tspan>')
    .replace(/^error\[[A-Z_]+\]/, '<tspan class="e">$&</tspan>')
    .replace(/^ {2}(why:|evidence|causes?|ruled out|state:|help:|more:)/, '  <tspan class="l">$1</tspan>')
    .replace(/`[^`]*`/g, '<tspan class="c">$&</tspan>');
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
