use super::*;
use crate::core::{InvocationId, NoRoute};
use crate::environments::RequestIds;
use crate::event::GatewayEvent;
use crate::inspector::detail::Detail;

const NOW: Moment = Moment::from_millis(1_000);

fn recorder() -> Recorder {
    Recorder::new(7 << 11)
}

fn look(recorder: &mut Recorder) {
    let (owner, _) = crate::owner::Owner::new();
    let (reply, mut answer) = tokio::sync::oneshot::channel();
    recorder.answer(Ask::Come { owner, reply }, "app");
    answer.try_recv().unwrap();
}

/// All that a page sees, with the whole of each entry.
fn shown(recorder: &mut Recorder) -> serde_json::Value {
    let journal = recorder.played();
    let changes = journal.changes(None, usize::MAX);
    let details: Vec<_> = changes.entries.iter().map(|entry| Detail::of(entry)).collect();
    serde_json::to_value(details).unwrap()
}

fn finished(invocation: Option<u64>, verdict: Verdict) -> Finished {
    Finished {
        invocation: invocation.map(InvocationId),
        event_type: EventType::Message,
        route_key: "say".to_owned(),
        connection: "AbC=".into(),
        started: NOW,
        ended: NOW,
        verdict,
    }
}

fn invoke(recorder: &mut Recorder, invocation: u64) {
    let event = format!(
        r#"{{"requestContext":{{"eventType":"MESSAGE","requestId":"R{invocation}="}},"body":"of {invocation}"}}"#
    );
    let work = (0, Work::Event(InvocationId(invocation)));
    recorder.invoked(Time::of(NOW), work, Some(&"AbC=".into()), "say", &event.into());
}

/// A message, from its arrival to its reply.
fn converse(recorder: &mut Recorder, invocation: u64, request: RequestId, verdict: Verdict) {
    let work = Work::Event(InvocationId(invocation));
    recorder.message_arrives("of");
    invoke(recorder, invocation);
    recorder.delivered(Time::of(NOW), work, EnvironmentId(3), request);
    recorder.wrote(NOW, EnvironmentId(3), OutputStream::Stdout, format!("line of R{invocation}="));
    recorder.answered(Time::of(NOW), work, &Outcome::Returned(Bytes::from_static(b"{\"statusCode\":200}")));
    recorder.turn_page();
    recorder.concluded(Time::of(NOW), &finished(Some(invocation), verdict));
    recorder.sent(NOW, &"AbC=".into(), "a reply");
    recorder.turn_page();
    recorder.sent(NOW, &"AbC=".into(), "no reply");
}

#[test]
fn who_comes_late_sees_what_they_would_have_seen_all_along() {
    let requests: Vec<_> = std::iter::repeat_with({
        let mut ids = RequestIds::new();
        move || ids.next()
    })
    .take(3)
    .collect();
    let happens = |recorder: &mut Recorder| {
        recorder.opened(NOW, &"AbC=".into(), Some("chat"));
        converse(recorder, 1, requests[0], Verdict::Status(200));
        converse(recorder, 2, requests[1], Verdict::FunctionError { message: "no".to_owned() });
        recorder.message_arrives("nowhere");
        recorder.concluded(Time::of(NOW), &finished(None, Verdict::NoRoute(NoRoute::NotJson)));
        recorder.refused(NOW, "/dev?a=b", 403, &Bytes::from_static(b"{}"));
        recorder.turn_page();
        recorder.told(
            NOW,
            &GatewayEvent::EnvironmentStarted {
                environment: EnvironmentId(4),
                function: "echo".into(),
                pid: 1,
            },
        );
        recorder.environment_ended(NOW, EnvironmentId(4), "ended");
        recorder.gateway_closed(NOW, &"AbC=".into(), 1000, "bye");
        converse(recorder, 3, requests[2], Verdict::Status(500));
        invoke(recorder, 4);
    };
    let mut early = recorder();
    look(&mut early);
    happens(&mut early);
    let mut late = recorder();
    happens(&mut late);
    let seen = shown(&mut early);
    assert_eq!(seen.as_array().unwrap().len(), 16);
    assert_eq!(shown(&mut late), seen);
    // A second time there is nothing to play.
    assert_eq!(shown(&mut late), seen);
}

#[test]
fn what_follows_when_nobody_looks_any_more_is_of_the_same_entries() {
    let mut recorder = recorder();
    look(&mut recorder);
    invoke(&mut recorder, 1);
    recorder.answer(Ask::Go, "app");
    recorder.concluded(Time::of(NOW), &finished(Some(1), Verdict::Status(200)));
    let seen = shown(&mut recorder);
    assert_eq!(seen[0]["row"]["status"], "200");
    assert_eq!(seen.as_array().unwrap().len(), 1);
}

#[test]
fn however_much_happens_the_newest_thousand_are_there_and_all_else_is_gone() {
    let mut recorder = recorder();
    let request = RequestIds::new().next();
    invoke(&mut recorder, 1);
    assert_eq!(shown(&mut recorder)[0]["row"]["text"], "of 1");
    for invocation in 2..6_000 {
        converse(&mut recorder, invocation, request, Verdict::Status(200));
    }
    let seen = shown(&mut recorder);
    let rows = seen.as_array().unwrap();
    assert_eq!(rows.len(), 1_000);
    assert_eq!(rows[997]["row"]["text"], "of 5999");
    assert!(rows.iter().all(|row| row["row"].get("open").is_none()), "all have ended");
}

#[test]
fn the_tape_is_bounded_however_large_the_texts_are() {
    let mut recorder = recorder();
    let large = "x".repeat(6 << 20);
    for _ in 0..20 {
        recorder.sent(NOW, &"AbC=".into(), &large);
        recorder.note(NOW, large.clone(), true);
    }
    assert!(recorder.tape.bytes() < 20 << 20, "{}", recorder.tape.bytes());
    for _ in 0..20_000 {
        recorder.sent(NOW, &"AbC=".into(), "short");
    }
    assert!(recorder.tape.bytes() < 9 << 20, "{}", recorder.tape.bytes());
}

#[test]
fn of_a_large_error_the_beginning_is_kept() {
    let mut recorder = recorder();
    let large = "x".repeat(1 << 20);
    let error = || Verdict::FunctionError { message: large.clone() };
    invoke(&mut recorder, 1);
    recorder.concluded(Time::of(NOW), &finished(Some(1), error()));
    recorder.concluded(Time::of(NOW), &finished(None, error()));
    recorder.note(NOW, large.clone(), true);
    recorder.environment_ended(NOW, EnvironmentId(1), &large);
    let seen = shown(&mut recorder);
    assert!((3 * 4_096..4 * 6_000).contains(&seen.to_string().len()));
}

#[test]
fn only_a_beginning_is_kept_of_a_message_that_nobody_looks_at() {
    let mut recorder = recorder();
    let long = "\u{e4}".repeat(ARRIVING_BYTES);
    recorder.message_arrives(&long);
    assert_eq!(recorder.arriving.len(), ARRIVING_BYTES);
    look(&mut recorder);
    recorder.message_arrives(&long);
    assert_eq!(recorder.arriving, long);
}

#[test]
fn a_message_that_was_not_kept_whole_says_so_and_is_no_test() {
    let mut recorder = recorder();
    let nowhere = finished(None, Verdict::NoRoute(NoRoute::NotJson));
    recorder.message_arrives(&"x".repeat(ARRIVING_BYTES + 70));
    recorder.concluded(Time::of(NOW), &nowhere);
    recorder.message_arrives("short");
    recorder.concluded(Time::of(NOW), &nowhere);

    let seen = shown(&mut recorder);
    assert_eq!(seen[0]["row"]["whole"], ARRIVING_BYTES + 70);
    assert_eq!(seen[0]["textLeftOut"], 70);
    assert!(seen[1].get("textLeftOut").is_none());
    let journal = recorder.played();
    assert_eq!(journal.test_source(EntryId(1), "Chat"), None);
    assert!(journal.test_source(EntryId(2), "Chat").unwrap().contains(r#"send_text("short")"#));
}
