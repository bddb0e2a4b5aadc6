//! Too many connections of somebody.

use lift_ws::auth::Principal;
use lift_ws::limit::{ConnectionLimits, OnFailure, limit_connections};
use lift_ws::prelude::*;
use lift_ws::testing::{Refused, TestApp, TestClient};
use serde_json::json;
use std::time::Duration;

#[derive(Deserialize)]
struct As {
    user: Option<String>,
    tenant: Option<String>,
}

#[ws_middleware]
async fn as_asked(Query(asked): Query<As>, next: impl Next) -> Reply {
    let mut principal = asked.user.map(Principal::of_user).unwrap_or_default();
    principal = asked.tenant.into_iter().fold(principal, Principal::with_tenant);
    principal.admit(next.run().await)
}

#[ws_route("$connect", middleware = [limit_connections, as_asked])]
async fn connect() {}

#[ws_route("say")]
async fn say(me: Connection<'_>) -> Json<u8> {
    let _ = me;
    Json(1)
}

#[ws_app(state = ConnectionLimits, routes = [connect, say])]
struct Chat;

async fn arrive(app: &TestApp<Chat>, user: &str, ago: u64) -> Result<TestClient<Chat>, Refused> {
    app.connect().query("user", user).query("tenant", "acme").ago(Duration::from_secs(ago)).await
}

#[tokio::test]
async fn one_too_many_is_refused_and_not_stored() {
    let app = TestApp::<Chat>::new(ConnectionLimits::new().per_user(2));
    let first = arrive(&app, "ann", 90).await.unwrap();
    let _second = arrive(&app, "ann", 80).await.unwrap();
    assert_eq!(arrive(&app, "ann", 0).await.unwrap_err().status, 429);
    let _bob = arrive(&app, "bob", 0).await.unwrap();
    assert_eq!(app.records().len(), 3);
    first.disconnect().await;
    arrive(&app, "ann", 0).await.unwrap();
}

#[tokio::test]
async fn the_oldest_makes_room_if_that_is_said_and_reads_why() {
    let app = TestApp::<Chat>::new(ConnectionLimits::new().per_user(2).close_oldest());
    let (first, second) = (arrive(&app, "ann", 90).await.unwrap(), arrive(&app, "ann", 80).await.unwrap());
    let third = arrive(&app, "ann", 0).await.unwrap();
    assert_eq!([first.is_open(), second.is_open(), third.is_open()], [false, true, true]);
    assert_eq!(first.received()[0]["code"], json!("too_many_connections"));
    assert_eq!(app.records().len(), 2, "its `$disconnect` has come");
}

#[tokio::test]
async fn tenants_have_limits_too() {
    let app = TestApp::<Chat>::new(ConnectionLimits::new().per_user(5).per_tenant(2));
    let (_ann, _bob) = (arrive(&app, "ann", 0).await.unwrap(), arrive(&app, "bob", 0).await.unwrap());
    assert_eq!(arrive(&app, "eve", 0).await.unwrap_err().status, 429);
}

/// Nothing runs when an environment dies with a `$disconnect`: its row stays for two hours.
#[tokio::test]
async fn connections_that_are_gone_do_not_keep_their_user_out() {
    let app = TestApp::<Chat>::new(ConnectionLimits::new().per_user(2));
    let (lost, _open) = (arrive(&app, "ann", 90).await.unwrap(), arrive(&app, "ann", 80).await.unwrap());
    lost.vanish();
    let _third = arrive(&app, "ann", 0).await.unwrap();
    assert_eq!(arrive(&app, "ann", 0).await.unwrap_err().status, 429, "of the others both are open");
}

#[tokio::test]
async fn a_connection_in_its_handshake_is_not_taken_for_gone() {
    let app = TestApp::<Chat>::new(ConnectionLimits::new().per_user(1));
    arrive(&app, "ann", 0).await.unwrap().vanish();
    assert_eq!(arrive(&app, "ann", 0).await.unwrap_err().status, 429);
}

#[tokio::test]
async fn who_is_nobody_comes_in_only_if_that_is_said() {
    let app = TestApp::<Chat>::new(ConnectionLimits::new().per_user(1));
    assert_eq!(app.connect().await.unwrap_err().status, 403);
    let app = TestApp::<Chat>::new(ConnectionLimits::new().per_user(1).allow_anonymous());
    for _ in 0..3 {
        app.connect().await.unwrap();
    }
}

mod in_the_wrong_order {
    use super::*;

    #[ws_route("$connect", middleware = [as_asked, limit_connections])]
    async fn connect() {}

    #[ws_app(state = ConnectionLimits, routes = [connect, say])]
    struct Chat;

    #[tokio::test]
    async fn nobody_comes_in_uncounted() {
        let app = TestApp::<Chat>::new(ConnectionLimits::new().per_user(5));
        assert_eq!(app.connect().query("user", "ann").await.unwrap_err().status, 403);
    }
}

mod without_a_table {
    use super::*;
    use lift_ws::Service;
    use lift_ws::connection::Connections;
    use lift_ws::push::recording::RecordingPoster;
    use lift_ws::store::dynamodb::DynamoStore;
    use lift_ws::testing::TestEvent;

    /// Lift's limiter let everybody in when its table could not be read.
    #[tokio::test]
    async fn lift_lesson_connections_that_cannot_be_counted_are_refused() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nobody = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let config = aws_config::SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new("eu-central-1"))
            .endpoint_url(nobody)
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .build();
        for then in [OnFailure::Refuse, OnFailure::Admit] {
            let conns = Connections::new(DynamoStore::from_config(&config), RecordingPoster::new());
            let limits = ConnectionLimits::new().per_user(2).on_failure(then);
            let service = Service::<Chat>::new(limits).with_connections(conns);
            let event = TestEvent::connect().query("user", "ann").to_bytes();
            let mut answer = Vec::new();
            service.respond(&event, lift_ws::Invocation::default(), &mut answer).await.unwrap();
            // If it is admitted, the record cannot be saved either.
            let expected: &[u8] = match then {
                OnFailure::Refuse => br#""code\":\"internal_error"#,
                OnFailure::Admit => br#"{"statusCode":503}"#,
            };
            let said = answer.windows(expected.len()).any(|part| part == expected);
            assert!(
                said && answer.starts_with(br#"{"statusCode":503"#),
                "{}",
                String::from_utf8_lossy(&answer)
            );
        }
    }
}
