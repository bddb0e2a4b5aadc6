use super::*;
use crate::core::{InvocationId, NoRoute};
use crate::environments::RequestIds;
use crate::event::GatewayEvent;
use crate::inspector::detail::Detail;
use crate::inspector::tape::BYTES;

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

/// A message without a reply: the fewest entries that notes can make.
fn take_in(recorder: &mut Recorder, invocation: u64, request: RequestId) {
    let work = Work::Event(InvocationId(invocation));
    recorder.message_arrives("of");
    invoke(recorder, invocation);
    recorder.delivered(Time::of(NOW), work, EnvironmentId(3), request);
    for _ in 0..5 {
        recorder.wrote(NOW, EnvironmentId(3), OutputStream::Stdout, format!("line of R{invocation}="));
    }
    recorder.answered(Time::of(NOW), work, &Outcome::Returned(Bytes::new()));
    recorder.turn_page();
    recorder.concluded(Time::of(NOW), &finished(Some(invocation), Verdict::Status(200)));
}

#[test]
fn however_much_happens_the_newest_thousand_are_there() {
    let request = RequestIds::new().next();
    for total in [1_000, 1_001, 1_999, 2_000, 2_001, 5_432] {
        let mut recorder = recorder();
        for invocation in 1..=total {
            take_in(&mut recorder, invocation, request);
        }
        let seen = shown(&mut recorder);
        let rows = seen.as_array().unwrap();
        assert_eq!(rows.len(), 1_000);
        assert_eq!(rows[999]["row"]["text"], format!("of {total}"));
        assert!(rows.iter().all(|row| row["row"].get("open").is_none()), "all have ended");
        assert!(rows.iter().all(|row| row["row"]["logs"] == 5), "all have their lines");
    }
}

#[test]
fn lines_without_end_leave_what_was_before_and_are_counted() {
    let mut recorder = recorder();
    let requests = [(); 2].map({
        let mut ids = RequestIds::new();
        move |()| ids.next()
    });
    take_in(&mut recorder, 1, requests[0]);
    for _ in 0..100_000 {
        recorder.wrote(NOW, EnvironmentId(3), OutputStream::Stdout, "again".to_owned());
    }
    take_in(&mut recorder, 2, requests[1]);
    let seen = shown(&mut recorder);
    assert_eq!((&seen[0]["row"]["logs"], &seen[0]["linesLeftOut"]), (&100_005.into(), &99_805.into()));
    assert_eq!(seen[1]["row"]["logs"], 5);
}

#[test]
fn a_page_that_knows_what_was_before_a_gap_begins_anew() {
    let mut recorder = recorder();
    for invocation in 1..=3 {
        invoke(&mut recorder, invocation);
    }
    let cursor = recorder.played().changes(None, usize::MAX).cursor;
    // Nothing is lost yet, whatever was written.
    recorder.sent(NOW, &"AbC=".into(), "a frame");
    let changes = recorder.played().changes(Some(cursor), usize::MAX);
    assert_eq!((changes.is_reset, changes.entries.len()), (false, 1));

    let larger = "x".repeat(3 << 20);
    for _ in 0..3 {
        recorder.sent(NOW, &"AbC=".into(), &larger);
    }
    let changes = recorder.played().changes(Some(cursor), usize::MAX);
    assert!(changes.is_reset);
    assert!(
        changes.entries.iter().all(|entry| matches!(entry.what, What::Sent { .. })),
        "the rest is forgotten"
    );
    let cursor = changes.cursor;
    assert!(!recorder.played().changes(Some(cursor), usize::MAX).is_reset);
}

#[test]
fn the_tape_is_bounded_however_large_the_texts_are() {
    let mut recorder = recorder();
    let large = "x".repeat(6 << 20);
    for _ in 0..20 {
        recorder.sent(NOW, &"AbC=".into(), &large);
    }
    // Twice a side and its last text, for which a list may grow to twice of what it needs.
    assert!(recorder.tape.bytes() < 4 * (BYTES + large.len()), "{}", recorder.tape.bytes());
    for _ in 0..5_000 {
        recorder.sent(NOW, &"AbC=".into(), "short");
    }
    let body = Bytes::from(vec![b'x'; 128 * 1024]);
    for _ in 0..5_000 {
        recorder.refused(NOW, "/", 403, &body);
    }
    assert!(recorder.tape.bytes() < 6 * BYTES, "{}", recorder.tape.bytes());
}

#[test]
fn a_replay_that_fails_when_nobody_looks_any_more_ends_with_the_beginning_of_its_error() {
    let mut recorder = recorder();
    invoke(&mut recorder, 1);
    let replay = recorder.replay(Time::of(NOW), EntryId(1)).unwrap();
    let failed = Outcome::FunctionError { message: "x".repeat(1 << 20), error_message: None };
    recorder.answered(Time::of(NOW), replay.work, &failed);
    let seen = shown(&mut recorder);
    assert!(seen[1]["row"]["problem"].as_str().unwrap().ends_with("(1048576 bytes in all)"));
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
