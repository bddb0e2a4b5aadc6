//! The stages of all APIs, each a state machine of its own.

use crate::core::{Action, ConnectionId, Gateway, Input, Moment};
use crate::site::SiteId;

/// What a gateway serves: one state machine per stage of each API.
pub(super) struct Sites(Vec<Gateway>);

/// Whom an input is for.
enum Recipient {
    All,
    One(SiteId),
    /// Whoever has the connection; nobody, if it has been closed.
    Holder(ConnectionId),
}

impl Sites {
    pub(super) fn new(cores: Vec<Gateway>) -> Self {
        let numbered =
            |(index, core): (usize, Gateway)| core.with_invocations_from(SiteId::new(index).first_number());
        Self(cores.into_iter().enumerate().map(numbered).collect())
    }

    pub(super) fn get_mut(&mut self, site: SiteId) -> Option<&mut Gateway> {
        self.0.get_mut(site.index())
    }

    /// Takes in what happened. With a single stage there is nothing to decide.
    pub(super) fn handle(&mut self, now: Moment, input: Input, actions: &mut Vec<Action>) {
        if let [only] = &mut self.0[..] {
            return only.handle(now, input, actions);
        }
        let site = match recipient(&input) {
            Recipient::One(site) => self.0.get_mut(site.index()),
            Recipient::Holder(connection) => self.0.iter_mut().find(|core| core.is_open(&connection)),
            Recipient::All => {
                for core in &mut self.0 {
                    core.handle(now, input.clone(), actions);
                }
                return;
            }
        };
        if let Some(core) = site {
            core.handle(now, input, actions);
        }
    }

    /// The stage that has this connection; the first, if none has.
    pub(super) fn holder(&self, connection: &ConnectionId) -> SiteId {
        SiteId::new(self.0.iter().position(|core| core.is_open(connection)).unwrap_or(0))
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Gateway> + Clone {
        self.0.iter()
    }

    pub(super) fn next_wakeup(&self) -> Option<Moment> {
        self.0.iter().filter_map(Gateway::next_wakeup).min()
    }
}

fn recipient(input: &Input) -> Recipient {
    match input {
        Input::Handshake { socket, .. } | Input::HandshakeAbandoned { socket } => {
            Recipient::One(SiteId::of_socket(*socket))
        }
        Input::Message { connection, .. }
        | Input::BadFrame { connection, .. }
        | Input::Ping { connection }
        | Input::Disconnect { connection }
        | Input::Closed { connection, .. }
        | Input::Lost { connection } => Recipient::Holder(connection.clone()),
        Input::Invoked { invocation, .. } => Recipient::One(SiteId::of_invocation(*invocation)),
        Input::Management { call, .. } => Recipient::One(SiteId::of_number(call.0)),
        // Something goes wrong once, so one stage has it: the first.
        Input::Fault(_) => Recipient::One(SiteId::default()),
        Input::Aged(_) | Input::Tick => Recipient::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Api, CallId, HandshakeRequest, ManagementRequest, Manifest, Outcome};

    const NOW: Moment = Moment::from_millis(1_000);

    fn sites() -> Sites {
        let core = |(seed, stage): (u64, &str)| {
            let manifest = r#"{"routes":[{"routeKey":"$default","twoWay":true}]}"#;
            let mut api = Api::from_manifest(&Manifest::parse(manifest).unwrap()).unwrap();
            api.stage = stage.to_owned();
            Gateway::new(api, seed)
        };
        Sites::new([(1, "dev"), (2, "prod")].map(core).into())
    }

    fn happens(sites: &mut Sites, input: Input) -> Vec<Action> {
        let mut actions = Vec::new();
        sites.handle(NOW, input, &mut actions);
        actions
    }

    fn connect(sites: &mut Sites, site: usize, path: &str) -> ConnectionId {
        let socket = SiteId::new(site).socket(1);
        match &happens(sites, Input::Handshake { socket, request: HandshakeRequest::get(path) })[..] {
            [Action::Accept { socket: accepted, connection, .. }] if *accepted == socket => {
                connection.clone()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_stage_has_its_own_connections_and_events() {
        let mut sites = sites();
        let (dev, prod) = (connect(&mut sites, 0, "/dev"), connect(&mut sites, 1, "/prod"));
        assert_eq!((sites.holder(&dev), sites.holder(&prod)), (SiteId::new(0), SiteId::new(1)));
        for (connection, stage) in [(&dev, "dev"), (&prod, "prod")] {
            let message = Input::Message { connection: connection.clone(), text: "{}".to_owned() };
            let actions = happens(&mut sites, message);
            let [Action::Invoke { invocation, event, .. }] = &actions[..] else { panic!("{actions:?}") };
            let event = String::from_utf8_lossy(event).into_owned();
            assert!(event.contains(&format!("\"stage\":\"{stage}\"")), "{event}");
            let outcome = Outcome::Returned(r#"{"statusCode":200,"body":"hi"}"#.into());
            let answers = happens(&mut sites, Input::Invoked { invocation: *invocation, outcome });
            let heard =
                |action: &Action| matches!(action, Action::Send { connection: to, .. } if to == connection);
            assert!(answers.iter().any(heard), "{answers:?}");
        }
    }

    #[test]
    fn a_connection_is_reached_through_its_own_stage_alone() {
        let mut sites = sites();
        let prod = connect(&mut sites, 1, "/prod");
        for (site, stage, expected) in [(0, "dev", 410), (1, "prod", 200)] {
            let request = ManagementRequest::new("GET", &format!("/{stage}/@connections/{prod}"), "");
            let call = CallId(SiteId::new(site).first_number());
            let actions = happens(&mut sites, Input::Management { call, request });
            let [Action::Answer { status, .. }] = &actions[..] else { panic!("{actions:?}") };
            assert_eq!(*status, expected, "{stage}");
        }
    }

    #[test]
    fn what_comes_for_a_connection_that_has_ended_is_nobodys() {
        let mut sites = sites();
        let dev = connect(&mut sites, 0, "/dev");
        happens(&mut sites, Input::Lost { connection: dev.clone() });
        assert!(happens(&mut sites, Input::Lost { connection: dev }).is_empty());
        assert!(sites.next_wakeup().is_none());
    }
}
