#[tokio::test]
async fn connect_as_recorded() {
    use lift_ws::testing::TestApp;

    // the state that `main` makes
    let app = TestApp::<Chat>::new(Default::default());
    // secrets were left out: "put your own here"
    let client = app
        .connect()
        .query("name", "Ada")
        .header("Authorization", "put your own here")
        .header("Origin", "http://localhost:3000")
        .await
        .expect("the handshake is accepted");
    assert!(client.is_open());
}
