// Measures Lift (github.com/pay-theory/lift) for benches/compare: one long-lived process that runs one batch per line of
// its input, so that its rounds alternate with ours in the same seconds on the same machine.
//
//	first line   {"event": "…", "routes": {"8": ["key", …], …}, "lookups": {"8": ["key or miss", …], …}}
//	other lines  a case: route/8, event/websocket/0, event/generic/5, …
//	answers      {"case": …, "ns": nanoseconds per operation, "allocs": allocations per operation}
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/pay-theory/lift/pkg/lift"
)

type setup struct {
	Event   string              `json:"event"`
	Routes  map[string][]string `json:"routes"`
	Lookups map[string][]string `json:"lookups"`
}

type result struct {
	Case   string  `json:"case"`
	Ns     float64 `json:"ns"`
	Allocs float64 `json:"allocs"`
}

// One operation, and how many make a batch of some milliseconds.
type measured struct {
	run   func()
	count int
	// Operations within one run.
	each int
}

type say struct {
	Action string `json:"action"`
	Room   string `json:"room"`
	Text   string `json:"text"`
}

type said struct {
	Type string `json:"type"`
	Room string `json:"room"`
	Text string `json:"text"`
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	if !lines.Scan() {
		fatal("no set-up on the input")
	}
	var given setup
	if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
		fatal(err)
	}
	cases := make(map[string]measured)
	for size, keys := range given.Routes {
		cases["route/"+size] = routing(keys, given.Lookups[size])
	}
	for _, middlewares := range []int{0, 5} {
		app := chat(middlewares)
		// Typed event, but Lift answers "OK" whatever the handler wrote.
		cases[fmt.Sprintf("event/websocket/%d", middlewares)] = event(app.WebSocketHandler(), given.Event, `"OK"`)
		// The event as a map; the handler's reply arrives.
		cases[fmt.Sprintf("event/generic/%d", middlewares)] = event(app.HandleRequest, given.Event, `said`)
	}

	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		name := lines.Text()
		measured, ok := cases[name]
		if !ok {
			fatal("no such case: " + name)
		}
		if err := out.Encode(batch(name, measured)); err != nil {
			fatal(err)
		}
	}
}

// Look-ups by the function that Lift calls for each event.
func routing(keys, lookups []string) measured {
	app := lift.New(lift.WithWebSocketSupport())
	for _, key := range keys {
		app.WebSocket(key, func(*lift.Context) error { return nil })
	}
	found := 0
	run := func() {
		for _, key := range lookups {
			if app.RouteWebSocket(key) != nil {
				found++
			}
		}
	}
	run()
	if found != len(lookups)-len(lookups)/3 {
		fatal(fmt.Sprintf("%d routes: found %d of %d", len(keys), found, len(lookups)))
	}
	return measured{run: run, count: 10, each: len(lookups)}
}

// An app with one route that reads a typed body and answers, under middlewares that do nothing.
func chat(middlewares int) *lift.App {
	app := lift.New(lift.WithWebSocketSupport())
	for range middlewares {
		app.Use(func(next lift.Handler) lift.Handler {
			return lift.HandlerFunc(func(ctx *lift.Context) error { return next.Handle(ctx) })
		})
	}
	return app.WebSocket("sendMessage", func(ctx *lift.Context) error {
		var message say
		if err := ctx.ParseRequest(&message); err != nil {
			return err
		}
		return ctx.JSON(said{Type: "said", Room: message.Room, Text: message.Text})
	})
}

// One event from bytes to bytes, decoded and encoded by aws-lambda-go as in a Lambda function.
func event(handler any, event string, expected string) measured {
	function := lambda.NewHandler(handler)
	ctx := context.Background()
	bytes := []byte(event)
	reply, err := function.Invoke(ctx, bytes)
	if err != nil || !strings.Contains(string(reply), expected) {
		fatal(fmt.Sprintf("unexpected reply: %s, %v", reply, err))
	}
	run := func() {
		if _, err := function.Invoke(ctx, bytes); err != nil {
			fatal(err)
		}
	}
	return measured{run: run, count: 400, each: 1}
}

func batch(name string, m measured) result {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range m.count {
		m.run()
	}
	taken := time.Since(start)
	runtime.ReadMemStats(&after)
	operations := float64(m.count * m.each)
	return result{
		Case:   name,
		Ns:     float64(taken.Nanoseconds()) / operations,
		Allocs: float64(after.Mallocs-before.Mallocs) / operations,
	}
}

func fatal(what any) {
	fmt.Fprintln(os.Stderr, what)
	os.Exit(1)
}
