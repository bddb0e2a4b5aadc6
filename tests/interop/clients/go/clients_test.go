// The client coder/websocket for Go, plain and under TLS.
package clients

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
)

const (
	frame    = 32 * 1024
	message  = 128 * 1024
	patience = time.Minute
)

type endpoint struct {
	url    string
	client *http.Client
}

// Runs a test over ws: and over wss:.
func over(t *testing.T, test func(t *testing.T, at endpoint, ctx context.Context)) {
	plain := os.Getenv("GATEWAY_URL")
	if plain == "" {
		t.Fatal("GATEWAY_URL is not set; run the lane `clients`")
	}
	pem, err := os.ReadFile(os.Getenv("GATEWAY_AUTHORITY"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	trusting := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	for _, at := range []endpoint{{plain, http.DefaultClient}, {strings.Replace(plain, "ws:", "wss:", 1), trusting}} {
		scheme, _, _ := strings.Cut(at.url, ":")
		t.Run(scheme, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			test(t, at, ctx)
		})
	}
}

func (at endpoint) dial(t *testing.T, ctx context.Context, query string, options *websocket.DialOptions) (*websocket.Conn, *http.Response) {
	t.Helper()
	if options == nil {
		options = &websocket.DialOptions{}
	}
	options.HTTPClient = at.client
	conn, response, err := websocket.Dial(ctx, at.url+query, options)
	if err != nil {
		t.Fatal(err)
	}
	conn.SetReadLimit(2 * message)
	t.Cleanup(func() { conn.CloseNow() })
	return conn, response
}

func say(t *testing.T, ctx context.Context, conn *websocket.Conn, text string) {
	t.Helper()
	if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

func hear(t *testing.T, ctx context.Context, conn *websocket.Conn) string {
	t.Helper()
	kind, data, err := conn.Read(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if kind != websocket.MessageText {
		t.Fatalf("not text, but %v", kind)
	}
	return string(data)
}

func ask(t *testing.T, ctx context.Context, conn *websocket.Conn, text string) string {
	t.Helper()
	say(t, ctx, conn, text)
	return hear(t, ctx, conn)
}

// The close code that the next read ends with.
func ending(t *testing.T, ctx context.Context, conn *websocket.Conn) websocket.StatusCode {
	t.Helper()
	_, _, err := conn.Read(ctx)
	return websocket.CloseStatus(err)
}

type ended struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
}

// How a connection ended, as the function was told.
func (at endpoint) left(t *testing.T, ctx context.Context, id string) ended {
	t.Helper()
	conn, _ := at.dial(t, ctx, "", nil)
	for {
		var how *ended
		if err := json.Unmarshal([]byte(ask(t, ctx, conn, `{"do":"left","id":"`+id+`"}`)), &how); err != nil {
			t.Fatal(err)
		}
		if how != nil {
			return *how
		}
	}
}

func TestTextComesBackAsItWas(t *testing.T) {
	over(t, func(t *testing.T, at endpoint, ctx context.Context) {
		conn, _ := at.dial(t, ctx, "", nil)
		for _, text := range []string{"hello", "grüß dich € 😀", "\x00"} {
			if heard := ask(t, ctx, conn, text); heard != text {
				t.Fatalf("%q", heard)
			}
		}
	})
}

func TestTheHandshakeReachesTheFunctionWhichChoosesTheSubprotocol(t *testing.T) {
	over(t, func(t *testing.T, at endpoint, ctx context.Context) {
		conn, response := at.dial(t, ctx, "?room=blue&protocol=chat.v1", &websocket.DialOptions{
			HTTPHeader:      http.Header{"X-Trace": {"t-7"}},
			Subprotocols:    []string{"chat.v2", "chat.v1"},
			CompressionMode: websocket.CompressionContextTakeover,
		})
		if conn.Subprotocol() != "chat.v1" {
			t.Fatal(conn.Subprotocol())
		}
		if extensions := response.Header.Get("Sec-WebSocket-Extensions"); extensions != "" {
			t.Fatal(extensions)
		}
		var event struct {
			Headers               map[string]string
			QueryStringParameters map[string]string
		}
		if err := json.Unmarshal([]byte(ask(t, ctx, conn, `{"do":"handshake"}`)), &event); err != nil {
			t.Fatal(err)
		}
		if event.Headers["X-Trace"] != "t-7" || event.QueryStringParameters["room"] != "blue" {
			t.Fatalf("%+v", event)
		}
	})
}

func TestFramesAndMessagesHaveLimits(t *testing.T) {
	over(t, func(t *testing.T, at endpoint, ctx context.Context) {
		conn, _ := at.dial(t, ctx, "", nil)
		whole := strings.Repeat("x", frame)
		if ask(t, ctx, conn, whole) != whole {
			t.Fatal("a frame of 32 KB changed")
		}
		say(t, ctx, conn, whole+"x")
		if code := ending(t, ctx, conn); code != websocket.StatusMessageTooBig {
			t.Fatal(code)
		}
	})
}

func TestAMessageOf128KbGoesAndComesInFragments(t *testing.T) {
	over(t, func(t *testing.T, at endpoint, ctx context.Context) {
		conn, _ := at.dial(t, ctx, "", nil)
		writer, err := conn.Writer(ctx, websocket.MessageText)
		if err != nil {
			t.Fatal(err)
		}
		for range message / frame {
			if _, err := writer.Write([]byte(strings.Repeat("x", frame))); err != nil {
				t.Fatal(err)
			}
		}
		if err := writer.Close(); err != nil {
			t.Fatal(err)
		}
		if heard := hear(t, ctx, conn); heard != strings.Repeat("x", message) {
			t.Fatal(len(heard))
		}
		if heard := ask(t, ctx, conn, `{"do":"large","bytes":100000}`); len(heard) != 100_000 {
			t.Fatal(len(heard))
		}
	})
}

func TestAPingIsAnswered(t *testing.T) {
	over(t, func(t *testing.T, at endpoint, ctx context.Context) {
		conn, _ := at.dial(t, ctx, "", nil)
		ctx = conn.CloseRead(ctx)
		if err := conn.Ping(ctx); err != nil {
			t.Fatal(err)
		}
	})
}

func TestCodesOfBothSides(t *testing.T) {
	over(t, func(t *testing.T, at endpoint, ctx context.Context) {
		conn, _ := at.dial(t, ctx, "", nil)
		id := ask(t, ctx, conn, `{"do":"id"}`)
		if err := conn.Close(4001, "größer"); err != nil {
			t.Fatal(err)
		}
		if how := at.left(t, ctx, id); how != (ended{4001, "größer"}) {
			t.Fatalf("%+v", how)
		}
		broken, _ := at.dial(t, ctx, "", nil)
		id = ask(t, ctx, broken, `{"do":"id"}`)
		broken.CloseNow()
		if how := at.left(t, ctx, id); how.Code != 1006 {
			t.Fatalf("%+v", how)
		}
		binary, _ := at.dial(t, ctx, "", nil)
		if err := binary.Write(ctx, websocket.MessageBinary, []byte("bytes")); err != nil {
			t.Fatal(err)
		}
		if code := ending(t, ctx, binary); code != websocket.StatusUnsupportedData {
			t.Fatal(code)
		}
	})
}

func TestARefusalHasTheFunctionsStatus(t *testing.T) {
	over(t, func(t *testing.T, at endpoint, ctx context.Context) {
		for query, status := range map[string]int{"?status=401": 401, "?status=403": 403, "?status=500": 500, "/../other": 403} {
			_, response, err := websocket.Dial(ctx, at.url+query, &websocket.DialOptions{HTTPClient: at.client})
			if err == nil || response == nil || response.StatusCode != status {
				t.Fatalf("%s: %v, %v", query, response, err)
			}
		}
	})
}

func TestWhoDoesNotTrustTheAuthorityDoesNotConnect(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	url := strings.Replace(os.Getenv("GATEWAY_URL"), "ws:", "wss:", 1)
	_, _, err := websocket.Dial(ctx, url, nil)
	var unknown x509.UnknownAuthorityError
	if !errors.As(err, &unknown) {
		t.Fatal(err)
	}
}
