use lift_ws::prelude::*;

struct Chat;

fn main() {
    let _ = lift_ws::main::<Chat, _>(lift_ws::stateless);
}
