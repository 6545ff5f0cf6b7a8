// gochain asks Go's crypto/x509 about certificate chains: a question a line on stdin, an answer a line on stdout, in JSON.
// What Go's error hides (why an authority is unknown, which certificate forbids a usage) is found by further questions to
// the same Verify, never by reading the certificates here.
package main

import (
	"bufio"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"
)

type question struct {
	Leaf          []byte
	Intermediates [][]byte
	Roots         [][]byte
	Usage         string
	At            time.Time
}

type answer struct {
	OK     bool   `json:"ok"`
	Reason string `json:"reason,omitempty"`
	Detail string `json:"detail,omitempty"`
	// The DER of the names one of which it is about, where Go or a further question tells.
	Who [][]byte `json:"who,omitempty"`
}

var usages = map[string]x509.ExtKeyUsage{
	"clientAuth": x509.ExtKeyUsageClientAuth,
	"serverAuth": x509.ExtKeyUsageServerAuth,
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		if err := out.Encode(judge(in.Bytes())); err != nil {
			panic(err)
		}
	}
}

func judge(line []byte) answer {
	var q question
	if err := json.Unmarshal(line, &q); err != nil {
		return answer{Reason: "bad question", Detail: err.Error()}
	}
	leaf, err := x509.ParseCertificate(q.Leaf)
	if err != nil {
		return unparsed(err)
	}
	roots, err := parse(q.Roots)
	if err != nil {
		return unparsed(err)
	}
	intermediates, err := parse(q.Intermediates)
	if err != nil {
		return unparsed(err)
	}
	usage, known := usages[q.Usage]
	if !known {
		return answer{Reason: "bad question", Detail: q.Usage}
	}
	options := x509.VerifyOptions{
		Roots:         pool(roots...),
		Intermediates: pool(intermediates...),
		CurrentTime:   q.At.UTC(),
		KeyUsages:     []x509.ExtKeyUsage{usage},
	}
	if _, err = leaf.Verify(options); err == nil {
		return answer{OK: true}
	}
	reason, who := explain(err, leaf, options, append(roots, intermediates...))
	return answer{Reason: reason, Who: who, Detail: err.Error()}
}

func explain(err error, leaf *x509.Certificate, options x509.VerifyOptions, given []*x509.Certificate) (string, [][]byte) {
	var unknown x509.UnknownAuthorityError
	if errors.As(err, &unknown) {
		return "unknown-authority", [][]byte{unknown.Cert.RawIssuer}
	}
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) {
		switch invalid.Reason {
		case x509.Expired:
			if options.CurrentTime.Before(invalid.Cert.NotBefore) {
				return "not-yet-valid", [][]byte{invalid.Cert.RawSubject}
			}
			return "expired", [][]byte{invalid.Cert.RawSubject}
		case x509.IncompatibleUsage:
			return incompatible(leaf, options, given)
		case x509.NotAuthorizedToSign, x509.TooManyIntermediates:
			return "constraint", [][]byte{invalid.Cert.RawSubject}
		default:
			return "constraint", nil
		}
	}
	var unhandled x509.UnhandledCriticalExtension
	if errors.As(err, &unhandled) || err.Error() == "x509: signature check attempts limit reached while verifying certificate chain" {
		return "constraint", nil
	}
	return fmt.Sprintf("unexpected %T", err), nil
}

// incompatible names the leaf, or every issuer at hand that forbids the usage.
func incompatible(leaf *x509.Certificate, options x509.VerifyOptions, given []*x509.Certificate) (string, [][]byte) {
	if !allows(leaf, options) {
		return "usage", [][]byte{leaf.RawSubject}
	}
	var forbidding [][]byte
	for _, issuer := range given {
		if !allows(issuer, options) {
			forbidding = append(forbidding, issuer.RawSubject)
		}
	}
	return "usage-nesting", forbidding
}

// allows asks about one certificate alone, as a root of its own.
func allows(certificate *x509.Certificate, options x509.VerifyOptions) bool {
	options.Roots = pool(certificate)
	_, err := certificate.Verify(options)
	return err == nil
}

func parse(ders [][]byte) ([]*x509.Certificate, error) {
	var certificates []*x509.Certificate
	for _, der := range ders {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		certificates = append(certificates, certificate)
	}
	return certificates, nil
}

func pool(certificates ...*x509.Certificate) *x509.CertPool {
	all := x509.NewCertPool()
	for _, certificate := range certificates {
		all.AddCert(certificate)
	}
	return all
}

func unparsed(err error) answer {
	return answer{Reason: "unparsed", Detail: err.Error()}
}
