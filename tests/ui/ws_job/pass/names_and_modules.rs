use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Export {
    rows: usize,
}

mod clean {
    use lift_ws::prelude::*;

    /// Without a field.
    #[derive(Serialize, Deserialize)]
    pub struct Clean;

    /// Documented.
    #[ws_job("clean-v2")]
    pub async fn export(_: Job<Clean>) -> Result<(), Error> {
        Ok(())
    }
}

#[ws_job]
async fn r#type(job: Job<Export>) {
    let _ = job.into_inner().rows;
}

#[cfg(any())]
#[ws_job]
async fn never(job: Job<Missing>) {}

#[ws_route("start")]
async fn start(conns: Connections) -> Result<(), Error> {
    conns.later(clean::Clean).await?;
    conns.later(Export { rows: 7 }).delayed(std::time::Duration::from_secs(60)).await?;
    Ok(())
}

#[ws_app(routes = [start], jobs = [clean::export, r#type])]
struct Reports;

fn main() {
    let names: Vec<_> = Reports::jobs().iter().map(|job| job.name).collect();
    assert_eq!(names, ["clean-v2", "type"]);
    assert_eq!(Reports::jobs()[0].handler, "$CRATE::clean::export".replace("$CRATE", module_path!()));
}
