use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Clean;

#[ws_route("clean")]
async fn clean(conns: Connections) -> Result<(), Error> {
    let _later = conns.later(Clean);
    Ok(())
}

fn main() {}
