// An ordinary WebSocket back end as tutorials have it; nothing in it knows of lift-ws.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	api "github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
)

type message struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

// The two ways that tutorials have.
func callbackURL(request events.APIGatewayWebsocketProxyRequestContext) string {
	if os.Getenv("BY_API_ID") != "" {
		return fmt.Sprintf("https://%s.execute-api.%s.amazonaws.com/%s", request.APIID, os.Getenv("AWS_REGION"), request.Stage)
	}
	return fmt.Sprintf("https://%s/%s", request.DomainName, request.Stage)
}

func handle(ctx context.Context, event events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	request := event.RequestContext
	ok := events.APIGatewayProxyResponse{StatusCode: 200}
	switch request.RouteKey {
	case "$connect":
		if event.QueryStringParameters["token"] == "bad" {
			return events.APIGatewayProxyResponse{StatusCode: 401}, nil
		}
		if offered := event.Headers["Sec-WebSocket-Protocol"]; offered != "" {
			first, _, _ := strings.Cut(offered, ",")
			ok.Headers = map[string]string{"Sec-WebSocket-Protocol": strings.TrimSpace(first)}
		}
		return ok, nil
	case "$disconnect":
		fmt.Println("disconnected", request.ConnectionID, request.DisconnectStatusCode)
		return ok, nil
	case "fail":
		return ok, errors.New("failed as asked")
	case "slow":
		fmt.Println("sleeping")
		time.Sleep(time.Minute)
		return ok, nil
	case "echo":
		ok.Body = event.Body
		return ok, nil
	}

	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return ok, err
	}
	client := api.NewFromConfig(cfg, func(o *api.Options) {
		o.BaseEndpoint = aws.String(callbackURL(request))
	})
	post := func(to string, value any) error {
		data, err := json.Marshal(value)
		if err != nil {
			return err
		}
		_, err = client.PostToConnection(ctx, &api.PostToConnectionInput{ConnectionId: &to, Data: data})
		return err
	}
	switch request.RouteKey {
	case "send":
		var said message
		if err := json.Unmarshal([]byte(event.Body), &said); err != nil {
			return ok, err
		}
		to := said.To
		if to == "" {
			to = request.ConnectionID
		}
		err := post(to, map[string]string{"from": request.ConnectionID, "text": said.Text})
		var gone *types.GoneException
		if errors.As(err, &gone) {
			return ok, post(request.ConnectionID, map[string]string{"gone": to})
		}
		return ok, err
	case "leave":
		_, err := client.DeleteConnection(ctx, &api.DeleteConnectionInput{ConnectionId: &request.ConnectionID})
		return ok, err
	}
	return ok, nil
}

func main() {
	lambda.Start(handle)
}
