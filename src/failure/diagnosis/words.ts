/** Foreign words inside our own sentences. The printer strips their control characters. */

/** In quotes, and cut with their length where they would flood the line. */
export function quoted(words: string, longest = 80): string {
  return words.length <= longest ? `"${words}"` : `"${words.slice(0, longest)}..." (${words.length} characters)`;
}
