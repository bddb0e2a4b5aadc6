use super::*;

const NOW: Moment = Moment::from_millis(1_000);

fn time(micros: u64) -> Time {
    Time { now: NOW, micros }
}

fn journal() -> Journal {
    Journal::new(7 << 11)
}

fn event(id: &str) -> Bytes {
    let event = serde_json::json!({
        "requestContext": { "eventType": "MESSAGE", "requestId": id },
        "body": format!("body of {id}"),
    });
    event.to_string().into()
}

fn invoke(journal: &mut Journal, invocation: u64) -> EntryId {
    let work = Work::Event(InvocationId(invocation));
    let event = event(&format!("R{invocation}="));
    journal.invoked(time(invocation * 1_000), (0, work), Some("AbC=".into()), "say".to_owned(), event)
}

fn finish(journal: &mut Journal, invocation: u64, verdict: Verdict) {
    journal.concluded(time(invocation * 1_000 + 500), InvocationId(invocation), verdict);
}

fn deliver(journal: &mut Journal, invocation: u64, environment: u32) {
    let request = crate::environments::RequestIds::new().next();
    let at = time(invocation * 1_000 + 100);
    journal.delivered(at, Work::Event(InvocationId(invocation)), EnvironmentId(environment), request);
}

fn write(journal: &mut Journal, environment: u32, text: &str) {
    journal.wrote(NOW, EnvironmentId(environment), OutputStream::Stdout, text.to_owned());
}

fn shown(journal: &Journal, since: Option<Cursor>) -> serde_json::Value {
    serde_json::from_slice(&journal.changes(since, BATCH).to_bytes()).unwrap()
}

fn lines(journal: &Journal, id: EntryId) -> Vec<&str> {
    let Some(What::Invocation(invocation)) = journal.entry(id).map(|entry| &entry.what) else {
        return vec![];
    };
    invocation.lines.iter().map(|line| &*line.text).collect()
}

fn cursor(journal: &Journal) -> Cursor {
    journal.changes(None, BATCH).cursor
}

#[test]
fn the_oldest_go_when_there_are_too_many_and_their_numbers_with_them() {
    let mut journal = journal();
    for invocation in 1..=u64::try_from(UNWATCHED.entries).unwrap() + 5 {
        invoke(&mut journal, invocation);
    }
    assert_eq!(journal.entries.len(), UNWATCHED.entries);
    assert!(journal.entry(EntryId(5)).is_none() && journal.entry(EntryId(6)).is_some());
    assert_eq!(journal.open.len(), UNWATCHED.entries, "what is gone is not waited for");
    finish(&mut journal, 1, Verdict::Status(200));
    assert!(journal.concluded.is_none(), "its entry is gone");
}

#[test]
fn the_oldest_go_when_they_are_too_large() {
    let mut journal = journal();
    let large = "x".repeat(UNWATCHED.bytes / 4);
    for _ in 0..9 {
        journal.sent(NOW, &"AbC=".into(), &large);
    }
    assert_eq!(journal.entries.len(), 3);
    assert!(journal.bytes <= UNWATCHED.bytes);
    let larger = "x".repeat(UNWATCHED.bytes * 2);
    journal.sent(NOW, &"AbC=".into(), &larger);
    assert_eq!(journal.entries.len(), 1, "the newest stays, however large");
}

#[test]
fn what_is_counted_is_what_is_kept() {
    let mut journal = journal();
    invoke(&mut journal, 1);
    deliver(&mut journal, 1, 3);
    write(&mut journal, 3, "hello");
    let answer = Outcome::Returned(Bytes::from_static(b"{\"statusCode\":200}"));
    journal.answered(time(9), Work::Event(InvocationId(1)), &answer);
    finish(&mut journal, 1, Verdict::Status(200));
    journal.sent(NOW, &"AbC=".into(), "a reply");
    let kept: usize = journal.entries.iter().map(Entry::bytes).sum();
    assert_eq!(journal.bytes, kept);
}

#[test]
fn of_a_large_error_the_beginning_is_kept_and_counted() {
    let mut journal = journal();
    let large = "x".repeat(1 << 20);
    for invocation in 1..=20 {
        invoke(&mut journal, invocation);
        let error = problem::verdict(&Verdict::FunctionError { message: large.clone() });
        finish(&mut journal, invocation, error);
    }
    let of = EntryId(1);
    let Replay { work, .. } = journal.replay(time(5), of).unwrap();
    let failed = Outcome::FunctionError { message: large.clone(), error_message: None };
    journal.answered(time(6), work, &failed);

    assert_eq!(journal.entries.len(), 21, "nothing had to go");
    let kept: usize = journal.entries.iter().map(Entry::bytes).sum();
    assert_eq!(journal.bytes, kept);
    assert!((21 * 4_096..21 * 6_000).contains(&kept), "{kept}");
    let shown = shown(&journal, None);
    let problem = shown["entries"][0]["problem"].as_str().unwrap();
    assert!(problem.ends_with("(1048576 bytes in all)"), "{problem}");
    assert!(shown.to_string().len() < 21 * 5_000);
}

#[test]
fn while_somebody_looks_more_is_kept_and_then_less_again() {
    let mut journal = journal();
    journal.watchers.come();
    for invocation in 1..=3_000 {
        invoke(&mut journal, invocation);
    }
    assert_eq!(journal.entries.len(), 3_000);
    journal.answer(Ask::Go, "app");
    assert_eq!(journal.entries.len(), UNWATCHED.entries);
}

#[test]
fn a_page_is_told_what_is_new_and_what_has_changed() {
    let mut journal = journal();
    invoke(&mut journal, 1);
    let first = shown(&journal, None);
    assert_eq!((&first["reset"], &first["missed"]), (&true.into(), &0.into()));
    assert_eq!(first["entries"][0]["open"], true);
    let seen = cursor(&journal);
    assert!(journal.changes(Some(seen), BATCH).entries.is_empty());

    deliver(&mut journal, 1, 2);
    finish(&mut journal, 1, Verdict::Status(200));
    invoke(&mut journal, 2);
    let then = shown(&journal, Some(seen));
    let entries = then["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    assert_eq!(
        (&entries[0]["id"], &entries[0]["took"], &entries[0]["waited"]),
        (&1.into(), &400.into(), &100.into())
    );
    assert_eq!(entries[0]["text"], "body of R1=");
    assert!(entries[0].get("open").is_none());
    assert_eq!((&then["reset"], &then["missed"]), (&false.into(), &0.into()));
}

#[test]
fn a_page_that_is_slow_is_told_how_many_it_has_missed() {
    let mut journal = journal();
    invoke(&mut journal, 1);
    let seen = cursor(&journal);
    let many = u64::try_from(BATCH).unwrap() + 70;
    for invocation in 2..2 + many {
        invoke(&mut journal, invocation);
    }
    let then = shown(&journal, Some(seen));
    assert_eq!(then["missed"], 70);
    assert_eq!(then["entries"].as_array().unwrap().len(), BATCH);
    assert_eq!(then["entries"][BATCH - 1]["id"], 1 + many, "the newest are the ones that it is told");
}

#[test]
fn the_end_of_an_old_entry_is_told_however_much_is_new() {
    let mut journal = journal();
    invoke(&mut journal, 1);
    let seen = cursor(&journal);
    finish(&mut journal, 1, Verdict::Status(200));
    for invocation in 2..2 + u64::try_from(BATCH).unwrap() + 70 {
        invoke(&mut journal, invocation);
    }
    let then = shown(&journal, Some(seen));
    let entries = then["entries"].as_array().unwrap();
    assert_eq!((&entries[0]["id"], &entries[0]["status"]), (&1.into(), &"200".into()));
    assert_eq!((entries.len(), &then["missed"]), (1 + BATCH, &70.into()));
}

#[test]
fn more_ends_than_one_answer_has_come_in_several_before_what_is_new() {
    let mut journal = journal();
    journal.watchers.come();
    let many = u64::try_from(CHANGED).unwrap() + 70;
    for invocation in 1..=many {
        invoke(&mut journal, invocation);
    }
    let mut since = cursor(&journal);
    for invocation in (1..=many).rev() {
        finish(&mut journal, invocation, Verdict::Status(200));
    }
    invoke(&mut journal, many + 1);
    let mut told = Vec::new();
    for (count, missed) in [(CHANGED, 0), (71, 0), (0, 0)] {
        let changes = journal.changes(Some(since), BATCH);
        assert_eq!((changes.entries.len(), changes.missed), (count, missed));
        assert!(changes.entries.is_sorted_by_key(|entry| entry.id));
        told.extend(changes.entries.iter().map(|entry| entry.id.0));
        since = changes.cursor;
    }
    told.sort_unstable();
    assert_eq!(told, (1..=many + 1).collect::<Vec<_>>());
}

#[test]
fn a_page_of_another_gateway_begins_anew() {
    let mut journal = journal();
    invoke(&mut journal, 1);
    let other = Journal::new(8 << 11);
    assert!(journal.changes(Some(cursor(&other)), BATCH).is_reset);
    assert!(!journal.changes(Some(cursor(&journal)), BATCH).is_reset);
}

#[test]
fn a_line_belongs_to_what_its_environment_is_at_work_on() {
    let mut journal = journal();
    let (first, second) = (invoke(&mut journal, 1), invoke(&mut journal, 2));
    deliver(&mut journal, 1, 1);
    deliver(&mut journal, 2, 2);
    write(&mut journal, 1, "of the first");
    write(&mut journal, 2, "of the second");
    assert_eq!(
        (lines(&journal, first), lines(&journal, second)),
        (vec!["of the first"], vec!["of the second"])
    );
    finish(&mut journal, 1, Verdict::Status(200));
    write(&mut journal, 1, "a late one");
    assert_eq!(lines(&journal, first), ["of the first", "a late one"]);
}

#[test]
fn a_line_that_names_its_invocation_belongs_to_it() {
    let mut journal = journal();
    let (first, second) = (invoke(&mut journal, 1), invoke(&mut journal, 2));
    deliver(&mut journal, 1, 1);
    deliver(&mut journal, 2, 1);
    write(&mut journal, 1, r#"{"request_id":"R1=","message":"hello"}"#);
    write(&mut journal, 1, "whose?");
    assert_eq!(lines(&journal, first).len(), 1);
    assert_eq!(lines(&journal, second), ["whose?"]);
}

#[test]
fn what_an_environment_writes_before_its_first_event_stands_alone() {
    let mut journal = journal();
    write(&mut journal, 1, "starting");
    assert_eq!(shown(&journal, None)["entries"][0]["kind"], "output");
}

#[test]
fn lines_without_end_are_counted_and_not_kept() {
    let mut journal = journal();
    let id = invoke(&mut journal, 1);
    deliver(&mut journal, 1, 1);
    for _ in 0..300 {
        write(&mut journal, 1, "again");
    }
    assert_eq!(lines(&journal, id).len(), 200);
    assert_eq!(shown(&journal, None)["entries"][0]["logs"], 300);
}

#[test]
fn a_frame_answers_what_was_concluded_for_its_connection_and_nothing_else() {
    let mut journal = journal();
    let id = invoke(&mut journal, 1);
    finish(&mut journal, 1, Verdict::Status(200));
    journal.sent(NOW, &"AbC=".into(), "a reply");
    journal.sent(NOW, &"other".into(), "no reply");
    journal.turn_page();
    journal.sent(NOW, &"AbC=".into(), "no reply either");
    let shown = shown(&journal, None);
    let answers: Vec<_> =
        shown["entries"].as_array().unwrap()[1..].iter().map(|entry| entry["replyTo"].clone()).collect();
    assert_eq!(answers, [serde_json::json!(id.0), ().into(), ().into()]);
}

#[test]
fn a_replay_is_the_same_event_and_ends_by_itself() {
    let mut journal = journal();
    let of = invoke(&mut journal, 1);
    let Replay { id, work, connection, event: again, .. } = journal.replay(time(5), of).unwrap();
    assert_eq!((again, connection), (event("R1="), Some("AbC=".into())));
    let failed = Outcome::FunctionError { message: "no".to_owned(), error_message: None };
    journal.answered(time(6), work, &failed);
    let entry = &shown(&journal, None)["entries"][1];
    assert_eq!(
        (&entry["id"], &entry["replayOf"], &entry["problem"]),
        (&id.0.into(), &of.0.into(), &"no".into())
    );
    journal.sent(NOW, &"AbC=".into(), "a frame");
    assert!(journal.replay(time(7), EntryId(3)).is_none(), "a frame is no event");
    assert!(journal.replay(time(7), EntryId(99)).is_none());
}

#[tokio::test]
async fn whoever_leaves_before_they_are_answered_looks_no_longer() {
    let (owner, mut commands) = crate::owner::Owner::new();
    let mut journal = journal();
    let (reply, answer) = tokio::sync::oneshot::channel();
    drop(answer);
    journal.answer(Ask::Come { owner, reply }, "app");
    assert!(journal.is_watched(), "for a while");
    let Some(crate::owner::Command::Inspect(go)) = commands.recv().await else { panic!("nobody goes") };
    journal.answer(go, "app");
    assert!(!journal.is_watched());
}
