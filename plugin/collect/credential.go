package collect

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Credential authenticates the application, with either a secret or a certificate.
// Files are read at every request for a token, so a renewed secret or certificate
// needs no restart.
type Credential struct {
	Secret      string // the secret itself, from the environment
	SecretFile  string // or a file that holds the secret alone
	Certificate string // or a PEM file with a certificate and its RSA key
}

func (c Credential) check() error {
	given := 0
	for _, value := range []string{c.Secret, c.SecretFile, c.Certificate} {
		if value != "" {
			given++
		}
	}
	if given != 1 {
		return errors.New("credential: want one of a secret in the environment, a file with the secret, and a certificate")
	}
	return nil
}

// errCredential means that a file with a secret or a certificate cannot be used.
var errCredential = errors.New("credential")

// config returns the configuration for requesting a token for scope at tokenURL.
func (c Credential) config(client, tokenURL, scope string) (*clientcredentials.Config, error) {
	config := &clientcredentials.Config{
		ClientID: client, ClientSecret: c.Secret, TokenURL: tokenURL, Scopes: []string{scope}, AuthStyle: oauth2.AuthStyleInParams,
	}
	switch {
	case c.SecretFile != "":
		text, err := os.ReadFile(c.SecretFile)
		if err != nil {
			return nil, err
		}
		if config.ClientSecret = strings.TrimSpace(string(text)); config.ClientSecret == "" {
			return nil, fmt.Errorf("%s: empty", c.SecretFile)
		}
	case c.Certificate != "":
		assertion, err := assert(c.Certificate, client, tokenURL)
		if err != nil {
			return nil, err
		}
		config.EndpointParams = url.Values{
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			"client_assertion":      {assertion},
		}
	}
	return config, nil
}

// assert returns the client assertion that Entra ID accepts instead of a secret,
// signed with the key in the PEM file.
func assert(file, client, audience string) (string, error) {
	pair, err := tls.LoadX509KeyPair(file, file)
	if err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	key, ok := pair.PrivateKey.(*rsa.PrivateKey)
	if !ok {
		return "", fmt.Errorf("%s: %T: want an RSA key", file, pair.PrivateKey)
	}
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodPS256, jwt.RegisteredClaims{
		Audience: jwt.ClaimStrings{audience}, Issuer: client, Subject: client, ID: rand.Text(),
		NotBefore: jwt.NewNumericDate(now.Add(-time.Minute)), ExpiresAt: jwt.NewNumericDate(now.Add(10 * time.Minute)),
	})
	sum := sha256.Sum256(pair.Certificate[0])
	token.Header["x5t#S256"] = base64.RawURLEncoding.EncodeToString(sum[:])
	return token.SignedString(key)
}

// tokens caches the token for one scope until shortly before it expires.
type tokens struct {
	credential              Credential
	client, tokenURL, scope string
	http                    *http.Client

	mu    sync.Mutex
	token *oauth2.Token
}

// get returns a valid access token. Its errors contain no secret and, of a
// response, only the code and the beginning of the description.
func (t *tokens) get(ctx context.Context) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token.Valid() {
		return t.token.AccessToken, nil
	}
	config, err := t.credential.config(t.client, t.tokenURL, t.scope)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errCredential, err)
	}
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.http))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		return "", &apiError{place: "token", status: refused.Response.StatusCode, code: refused.ErrorCode, message: capped(refused.ErrorDescription)}
	case err != nil:
		return "", fmt.Errorf("token: %w", withoutURL(err))
	}
	t.token = token
	return token.AccessToken, nil
}

// drop discards token, which the service has refused, unless it has already been
// replaced by a newer one.
func (t *tokens) drop(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token != nil && t.token.AccessToken == token {
		t.token = nil
	}
}
