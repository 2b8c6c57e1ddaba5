package collect

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func TestSecretFromFile(t *testing.T) {
	s := newTenant(t)
	want := some(s)
	o := testOptions(t, s)
	o.Secret, o.SecretFile = "", filepath.Join(t.TempDir(), "secret")
	if err := newPoller(t, s, o).run(t.Context()); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Error(err)
	}
	if err := os.WriteFile(o.SecretFile, []byte(testSecret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPoller(t, s, o)
	p.mustPass()
	p.exactly(want...)
	if scope := s.form.Get("scope"); scope != s.URL+"/.default" {
		t.Errorf("scope %q", scope)
	}
}

func TestCertificate(t *testing.T) {
	s := newTenant(t)
	want := some(s)
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})...)
	o := testOptions(t, s)
	o.Secret, o.Certificate = "", filepath.Join(t.TempDir(), "app.pem")
	if err := os.WriteFile(o.Certificate, text, 0o600); err != nil {
		t.Fatal(err)
	}
	p := newPoller(t, s, o)
	p.mustPass()
	p.exactly(want...)
	audience := s.URL + "/" + testTenant + "/oauth2/v2.0/token"
	token, err := jwt.Parse(s.form.Get("client_assertion"), func(*jwt.Token) (any, error) { return &key.PublicKey, nil },
		jwt.WithValidMethods([]string{"PS256"}), jwt.WithAudience(audience), jwt.WithIssuer(testClient), jwt.WithSubject(testClient), jwt.WithExpirationRequired())
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(certificate)
	if token.Header["x5t#S256"] != base64.RawURLEncoding.EncodeToString(sum[:]) || s.form.Has("client_secret") {
		t.Errorf("%v %v", token.Header, s.form)
	}
}

func TestOptionsAllWrongAtOnce(t *testing.T) {
	o := Defaults()
	o.Tenant, o.Audit, o.SignIns, o.GraphVersion = "contoso.com", []string{"Audit.Exhange"}, []string{"nonInteractiveUser"}, "v1.0"
	o.MaxSize, o.MaxFiles, o.Keep, o.Since, o.Interval = 1, 1, 0, 1<<60, 0
	o.Graph, o.Management, o.Login, o.Secret, o.SecretFile = "http://graph.microsoft.com", "graph", "https://a:b@c", "a", "b"
	err := o.Check()
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`tenant: "contoso.com"`, "client:", `audit: "Audit.Exhange"`, `sign-ins: "nonInteractiveUser"`, "out:", "state:",
		"max-size", "max-files", "keep", "since", "interval", "credential", "graph-url", "management-url", "login-url"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("nothing of %s in:\n%v", want, err)
		}
	}
	for _, name := range Clouds() {
		if e, err := Cloud(name); err != nil || e.check() != nil {
			t.Errorf("%s: %v %v", name, err, e.check())
		}
	}
}
