//! From a route key to a route: our compile-time table beside Lift's map.

use crate::lift::Lift;
use crate::report::{Gate, Report};
use crate::rounds::{Contestant, compare};
use lift_ws::__private::{RouteInfo, Table, slots};
use lift_ws_benches::{keys, routes};
use std::cell::RefCell;
use std::hint::black_box;

/// Over all look-ups in one batch, as many as the Go program makes.
const PASSES: usize = 10;
const SECTION: &str = "routing, per look-up";

/// Look-ups that lie one after the other, as the key of an event that was just read is near.
struct Lookups(Vec<&'static str>);

impl Lookups {
    fn of(keys: &[String]) -> Self {
        let text: &str = keys.concat().leak();
        let mut start = 0;
        let cut = |key: &String| {
            start += key.len();
            &text[start - key.len()..start]
        };
        Self(keys.iter().map(cut).collect())
    }

    /// How many are found.
    #[inline(always)]
    fn run(&self, look_up: impl Fn(&str) -> u16) -> usize {
        self.0.iter().filter(|key| look_up(key) != u16::MAX).count()
    }
}

/// The table of an app as `#[ws_app]` makes it.
macro_rules! table {
    ($routes:literal, $module:ident) => {{
        static ROUTES: [RouteInfo; $routes] = routes::$module::App::ROUTES;
        static TABLE: Table<$routes, { slots($routes) }> = Table::new(&ROUTES);
        fn run(lookups: &Lookups) -> usize {
            lookups.run(|key| TABLE.look_up(key, &ROUTES))
        }
        run as fn(&Lookups) -> usize
    }};
}

/// Adds the rows; without Lift, those that compare us with ourselves.
///
/// # Panics
///
/// When a table does not find what is in it.
pub(crate) fn measure(lift: Option<&mut Lift>, quick: bool, report: &mut Report) {
    let tables = [table!(8, r8), table!(100, r100), table!(300, r300), table!(1000, r1000)];
    let names = ["8", "100", "300", "1000"];
    let lookups = keys::SIZES.map(|size| Lookups::of(&keys::lookups(&keys::routes(size))));
    let mut contestants = Vec::new();
    for ((table, name), lookups) in tables.iter().zip(names).zip(&lookups) {
        let each = lookups.0.len();
        assert_eq!(table(lookups), each - each / 3, "two thirds of the look-ups find a route");
        contestants.push(Contestant::new(name, PASSES, each, move || {
            black_box(table(black_box(lookups)));
        }));
    }
    let lift = lift.map(RefCell::new);
    if let Some(lift) = &lift {
        for name in ["lift 8", "lift 100", "lift 300", "lift 1000"] {
            let case = name.replace("lift ", "route/");
            contestants.push(Contestant::timed(name, move || lift.borrow_mut().batch(&case).ns));
        }
    }
    let times = compare(if quick { 40 } else { 300 }, contestants);
    for name in names {
        let ours = times.of(name).fastest;
        match &lift {
            None => report.figure(SECTION, format!("{name} routes"), "ns", ours, Gate::None),
            Some(_) => {
                let peer = times.of(&format!("lift {name}")).fastest;
                report.speed_up(
                    SECTION,
                    format!("{name} routes (peer: Lift)"),
                    "ns",
                    ours,
                    peer,
                    Gate::AtLeast(6.0),
                );
            }
        }
    }
    let eight = times.of("8").fastest;
    for name in ["300", "1000"] {
        let name_of_row = format!("{name} routes (peer: ours with 8)");
        report.ratio(SECTION, name_of_row, "ns", times.of(name).fastest, eight, Gate::AtMost(1.5));
    }
}
