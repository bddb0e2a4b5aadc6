use lift_ws::prelude::*;

#[derive(Serialize, Deserialize)]
struct Clean;

#[ws_route("clean")]
async fn clean(_: Connections) -> Result<(), Error> {
    conns.later(Clean).await?;
    Ok(())
}

fn main() {}
