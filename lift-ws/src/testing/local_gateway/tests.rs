//! What is said when a program cannot be tested; how it is tested show the chat's own tests.

use super::*;

#[tokio::test]
#[should_panic(expected = "cargo names the package's binary by env!(\"CARGO_BIN_EXE_…\")")]
async fn a_program_that_is_not_there_is_named_with_what_to_write() {
    LocalGateway::of("/no/such/program").await;
}

#[tokio::test]
#[should_panic(expected = "its `main` must call `lift_ws::main` or `lift_ws::run`: the manifest is not JSON")]
async fn a_program_that_prints_no_manifest_is_told_to() {
    LocalGateway::of("true").await;
}

#[tokio::test]
async fn a_record_is_waited_for_and_shown() {
    let record = Arc::new(Record::default());
    let later = Arc::clone(&record);
    let line = |line: &str| GatewayEvent::InitFailed {
        environment: lift_ws_local::EnvironmentId(1),
        reason: line.to_owned(),
        stderr: Vec::new(),
    };
    let told = |record: &Record| Some(record.events().len()).filter(|events| *events == 2);
    record.add(line("first"));
    assert_eq!(record.wait_for(Duration::ZERO, told).await, None);
    let (found, ()) = tokio::join!(record.wait_for(PATIENCE, told), async { later.add(line("second")) });
    assert_eq!(found, Some(2));
    assert_eq!(record.lines().len(), 0);
    assert!(
        record.to_string().ends_with("(it did not start: first)\n  (it did not start: second)"),
        "{record}"
    );
}
