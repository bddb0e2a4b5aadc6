//! The function with the clients that a chat needs, made during init, and the calls that it makes at the least: a
//! connection is put and deleted, members are queried and posted to. Without the calls the linker would drop most of
//! what the clients weigh.

use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayWebsocketProxyRequest};
use aws_sdk_apigatewaymanagement::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::{Error, LambdaEvent, run, service_fn, tracing};
use lift_ws_bench_hand_written::handler;

struct Clients {
    table: aws_sdk_dynamodb::Client,
    management: aws_sdk_apigatewaymanagement::Client,
    name: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
    let clients: &'static Clients = Box::leak(Box::new(Clients {
        table: aws_sdk_dynamodb::Client::new(&config),
        management: aws_sdk_apigatewaymanagement::Client::new(&config),
        name: std::env::var("LIFT_WS_TABLE")?,
    }));
    run(service_fn(|event| route(event, clients))).await
}

async fn route(
    event: LambdaEvent<ApiGatewayWebsocketProxyRequest>,
    clients: &Clients,
) -> Result<ApiGatewayProxyResponse, Error> {
    let context = &event.payload.request_context;
    let id = context.connection_id.as_deref().unwrap_or_default();
    match (context.event_type.as_deref(), context.route_key.as_deref()) {
        (Some("CONNECT"), _) => clients.save(id).await?,
        (Some("DISCONNECT"), _) => clients.remove(id).await?,
        (Some("MESSAGE"), Some("tell")) => {
            clients.tell(event.payload.body.as_deref().unwrap_or_default()).await?
        }
        _ => return handler(event).await,
    }
    let mut response = ApiGatewayProxyResponse::default();
    response.status_code = 200;
    Ok(response)
}

impl Clients {
    async fn save(&self, id: &str) -> Result<(), Error> {
        let id = AttributeValue::S(id.into());
        self.table.put_item().table_name(&self.name).item("PK", id.clone()).item("SK", id).send().await?;
        Ok(())
    }

    async fn remove(&self, id: &str) -> Result<(), Error> {
        let id = AttributeValue::S(id.into());
        self.table.delete_item().table_name(&self.name).key("PK", id.clone()).key("SK", id).send().await?;
        Ok(())
    }

    async fn tell(&self, text: &str) -> Result<(), Error> {
        let members = self
            .table
            .query()
            .table_name(&self.name)
            .key_condition_expression("PK = :room")
            .expression_attribute_values(":room", AttributeValue::S("room".into()))
            .send()
            .await?;
        for member in members.items() {
            let Some(Ok(id)) = member.get("SK").map(AttributeValue::as_s) else { continue };
            let posted =
                self.management.post_to_connection().connection_id(id).data(Blob::new(text)).send().await;
            if let Err(error) = posted
                && !error.as_service_error().is_some_and(|error| error.is_gone_exception())
            {
                return Err(error.into());
            }
        }
        Ok(())
    }
}
