use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

#[derive(Clone)]
struct Db;

#[derive(Clone, FromRef)]
struct AppState {
    db: Db,
}

#[derive(Debug)]
struct ExportError;

impl std::fmt::Display for ExportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("failed")
    }
}

impl std::error::Error for ExportError {}

#[ws_job]
async fn export<'j>(
    mut job: Job<Export>,
    conns: Connections,
    State(db): State<Db>,
    deadline: Deadline,
    lambda: lift_ws::Invocation<'j>,
    scope: &lift_ws::job::JobScope<'_, AppState>,
) -> Result<(), ExportError> {
    job.rows += 1;
    let _ = (conns, db, deadline.remaining(), lambda.request_id, scope.attempt());
    if job.is_last_attempt() == Some(true) { Err(ExportError) } else { Ok(()) }
}

#[ws_app(state = AppState, jobs = [export])]
struct Reports;

fn main() {
    assert_eq!(Reports::jobs().len(), 1);
    assert_eq!(Reports::jobs()[0].name, "export");
    assert!(Reports::QUEUE);
}
