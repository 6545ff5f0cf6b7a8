/** A door of its own: whoever reads an answer needs this, and none of the diagnosis. */

/** A TLS port that was sent plain HTTP: Go's words (and so step-ca's, Caddy's, Traefik's), nginx's, Apache's, Tomcat's. */
export const wantsTls =
  /Client sent an HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled server port|combination of host and port requires TLS/i;
