#[tokio::test]
async fn default_as_recorded() {
    use lift_ws::testing::{TestApp, TestEvent};
    use serde_json::Value;

    // the state that `main` makes
    let app = TestApp::<Chat>::new(Default::default());
    let event = TestEvent::message("$default", "no JSON\r\n")
        .authorizer(serde_json::from_str::<Value>("{\"at\":1795437407558,\"escapes\":\"a\\u001b\\b\u{7f}\u{202e}\\\"#\",\"huge\":1e+300,\"least\":-9223372036854775808,\"most\":18446744073709551615,\"principalId\":\"ann\"}").expect("it is JSON"));
    let answer = app.invoke(&event.to_bytes()).await.expect("it is answered");
    assert_eq!(answer["statusCode"], 200);
}
