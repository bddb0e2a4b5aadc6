#[tokio::test]
async fn default_as_recorded() {
    use lift_ws::testing::{TestApp, TestEvent};
    use serde_json::json;

    // the state that `main` makes
    let app = TestApp::<Chat>::new(Default::default());
    let event = TestEvent::message("$default", "no JSON\r\n")
        .authorizer(json!({"principalId":"ann"}));
    let answer = app.invoke(&event.to_bytes()).await.expect("it is answered");
    assert_eq!(answer["statusCode"], 200);
}
