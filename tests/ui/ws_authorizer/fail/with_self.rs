use lift_ws::prelude::*;

struct Door;

impl Door {
    #[ws_authorizer]
    async fn authorize(&self) -> Allow {
        Allow::new(&Default::default())
    }
}

fn main() {}
