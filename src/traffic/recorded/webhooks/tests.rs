//! Bodies as the platform may send them: in batches, twice, late, with other identities.

use proptest::prelude::*;

use crate::traffic::log::{Event, Kind, Role};
use crate::traffic::recorded::{ImportReport, Input, Options, import};

fn read(text: &str) -> (ImportReport, Vec<Event>) {
    let mut events = Vec::new();
    let report = import(&[Input::memory("hooks.jsonl", text.as_bytes())], &Options::default(), &mut |e| {
        events.push(e.clone())
    })
    .unwrap();
    assert_eq!(report.files[0].format, "whatsapp_webhooks", "{}", report.files[0].reason);
    (report, events)
}

fn body(values: &[String]) -> String {
    let changes: Vec<String> =
        values.iter().map(|v| format!(r#"{{"field":"messages","value":{v}}}"#)).collect();
    format!(
        "{{\"object\":\"whatsapp_business_account\",\"entry\":[{{\"id\":\"100\",\"changes\":[{}]}}]}}\n",
        changes.join(",")
    )
}

fn message(id: &str, second: i64, text: &str) -> String {
    let at = 1_772_458_200 + second;
    format!(
        r#"{{"from":"5511999990000","id":"{id}","timestamp":"{at}","type":"text","text":{{"body":"{text}"}}}}"#
    )
}

fn status(id: &str, state: &str, second: i64) -> String {
    let at = 1_772_458_200 + second;
    format!(r#"{{"id":"{id}","status":"{state}","timestamp":"{at}","recipient_id":"5511999990000"}}"#)
}

fn messages(items: &[String]) -> String {
    format!(r#"{{"messages":[{}]}}"#, items.join(","))
}

fn statuses(items: &[String]) -> String {
    format!(r#"{{"statuses":[{}]}}"#, items.join(","))
}

#[test]
fn batches_repetitions_and_late_states() {
    let text = [
        body(&[
            messages(&[message("A", 0, "one"), message("B", 5, "two")]),
            messages(&[message("C", 9, "three")]),
        ]),
        body(&[statuses(&[status("X", "read", 14), status("X", "sent", 12)])]),
        body(&[
            messages(&[message("B", 5, "two")]),
            statuses(&[status("X", "read", 14), status("X", "delivered", 14)]),
        ]),
    ]
    .concat();
    let (r, events) = read(&text);
    assert_eq!((r.read, r.kept, r.duplicates, r.late), (8, 6, 2, 2));
    let seen: Vec<_> =
        events.iter().map(|e| (e.kind, e.from, e.text.as_deref().or(e.value.as_deref()))).collect();
    assert_eq!(
        seen,
        [
            (Kind::Message, Role::Customer, Some("one")),
            (Kind::Message, Role::Customer, Some("two")),
            (Kind::Message, Role::Customer, Some("three")),
            (Kind::Message, Role::Agent, None),
            (Kind::Delivery, Role::System, Some("sent")),
            (Kind::Delivery, Role::System, Some("delivered")),
            (Kind::Delivery, Role::System, Some("read")),
        ],
        "the desk's message is known by its state alone; states of one second stand by rank"
    );
}

#[test]
fn one_bad_message_does_not_take_the_others_with_it() {
    let bad = r#"{"from":"55","id":"Z","timestamp":"soon","type":"text"}"#.to_owned();
    let worse =
        r#"{"from":"55","id":"Y","timestamp":"1772458200","type":"text","text":"no object"}"#.to_owned();
    let deep = format!("{{\"entry\":{}{}}}\n", "[".repeat(5_000), "]".repeat(5_000));
    let text =
        [body(&[messages(&[message("A", 0, "one"), bad, worse, message("B", 1, "two")])]), deep].concat();
    let (r, events) = read(&text);
    assert_eq!((r.read, r.kept, r.quarantined, r.notices), (5, 2, 2, 1), "depth alone does no harm");
    assert_eq!(events.len(), 2);
    assert!(
        r.quarantine.iter().any(|q| q.reason.contains("/entry/0/changes/0/value/messages/2")),
        "{:?}",
        r.quarantine
    );
}

#[test]
fn identities_are_linked_whenever_they_are_learned() {
    let hidden = r#"{"contacts":[{"profile":{"username":"ana"},"user_id":"BR.123"}],"messages":[{"from_user_id":"BR.123","id":"A","timestamp":"1772458200","type":"text","text":{"body":"hi"}}]}"#;
    let both = r#"{"contacts":[{"profile":{"name":"Ana"},"wa_id":"5511999990000","user_id":"BR.123"}],"messages":[{"from":"5511999990000","id":"B","timestamp":"1772458260","type":"text","text":{"body":"me again"}}]}"#;
    let changed = r#"{"messages":[{"from":"5511999990000","id":"C","timestamp":"1772458300","type":"system","system":{"type":"user_changed_number","wa_id":"5521888880000"}}]}"#;
    let new = r#"{"messages":[{"from":"5521888880000","id":"D","timestamp":"1772458400","type":"text","text":{"body":"new number"}}]}"#;
    let bodies = [hidden, both, changed, new].map(|v| body(&[v.to_owned()]));
    let (r, forward) = read(&bodies.concat());
    assert_eq!((r.kept, r.notices, r.conversations, r.authors), (3, 1, 1, 1));
    let mut reversed = bodies.clone();
    reversed.reverse();
    let (_, backward) = read(&reversed.concat());
    let strip = |events: &[Event]| -> Vec<(String, String)> {
        events.iter().map(|e| (e.conversation.clone(), e.actor.clone())).collect()
    };
    assert_eq!(strip(&forward), strip(&backward));
}

#[test]
fn layouts_history_and_echoes() {
    let one = body(&[messages(&[message("A", 0, "one")])]);
    let one = one.trim();
    let escaped = serde_json::to_string(one).unwrap();
    for text in [
        format!("[{one}]"),
        format!("{{\"case\": {one}}}"),
        format!("{{\"received_at\":\"2026-03-02T14:30:00Z\",\"headers\":{{}},\"body\":{one}}}"),
        format!("{{\"received_at\":\"2026-03-02T14:30:00Z\",\"body\":{escaped}}}"),
        serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(one).unwrap()).unwrap(),
    ] {
        let (r, events) = read(&text);
        assert_eq!((r.read, r.kept, events.len()), (1, 1, 1), "{text}");
    }
    let history = r#"{"history":[{"metadata":{"phase":0},"threads":[{"id":"5511999990000","messages":[{"from":"5511999990000","id":"H1","timestamp":"1772400000","type":"text","text":{"body":"old"},"history_context":{"status":"READ"}},{"from":"15550001111","id":"H2","timestamp":"1772400060","type":"media_placeholder"}]}]}]}"#;
    let echo = r#"{"message_echoes":[{"from":"15550001111","to":"5511999990000","id":"E1","timestamp":"1772458260","type":"text","text":{"body":"from the phone"}}],"statuses":[{"id":"E1","status":"sent","timestamp":"1772458261","recipient_id":"5511999990000"}]}"#;
    let (r, events) = read(&[body(&[history.to_owned()]), body(&[echo.to_owned()])].concat());
    assert_eq!((r.read, r.kept), (4, 4));
    let roles: Vec<_> = events.iter().filter(|e| e.kind == Kind::Message).map(|e| e.from).collect();
    assert_eq!(roles, [Role::Customer, Role::Agent, Role::Agent], "an echo is not told again by its state");
}

/// A message of the desk is known by the earliest state of it that comes, in whatever order they come,
/// and not at all if the message itself is there.
#[test]
fn messages_known_by_their_delivery() {
    let states = [
        body(&[statuses(&[status("X", "read", 30)])]),
        body(&[statuses(&[status("X", "delivered", 20)])]),
        body(&[statuses(&[status("Y", "sent", 40)])]),
        body(&[statuses(&[status("Z", "failed", 50)])]),
    ];
    let echo = r#"{"message_echoes":[{"from":"15550001111","to":"5511999990000","id":"Y","timestamp":"1772458239","type":"text","text":{"body":"from the phone"}}]}"#;
    let echo = body(&[echo.to_owned()]);
    for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 4, 1, 0, 3]] {
        let bodies: Vec<&str> = order.iter().map(|n| states.get(*n).unwrap_or(&echo).as_str()).collect();
        let (r, events) = read(&bodies.concat());
        assert!(r.balanced());
        let said: Vec<_> = events
            .iter()
            .filter(|e| e.kind == Kind::Message)
            .map(|e| ((e.at.ms() - 1_772_458_200_000) / 1_000, e.text.as_deref()))
            .collect();
        assert_eq!(said, [(20, None), (39, Some("from the phone"))], "{order:?}");
        assert!(r.notes.iter().any(|n| n.starts_with("1 messages of the desk")), "{:?}", r.notes);
    }
}

#[test]
fn calls_edits_and_changed_user_ids() {
    let call = r#"{"statuses":[{"id":"wacid.A","timestamp":"1772458200","type":"call","status":"RINGING","recipient_id":"5511999990000"}]}"#;
    let edit = r#"{"messages":[{"from":"5511999990000","id":"E","timestamp":"1772458201","type":"edit","edit":{"original_message_id":"A","message":{"type":"image","image":{"caption":"new words","id":"1"}}}}]}"#;
    let before = r#"{"messages":[{"from_user_id":"CO.1","id":"A","timestamp":"1772458200","type":"text","text":{"body":"x"}}]}"#;
    let changed = r#"{"messages":[{"id":"B","timestamp":"1772458202","type":"system","system":{"type":"user_changed_user_id","user_id":"MX.2","previous_user_id":"CO.1"}}]}"#;
    let after = r#"{"messages":[{"from_user_id":"MX.2","id":"C","timestamp":"1772458203","type":"text","text":{"body":"y"}}]}"#;
    let (r, events) = read(&[call, edit, before, changed, after].map(|v| body(&[v.to_owned()])).concat());
    assert_eq!((r.read, r.kept, r.notices, r.quarantined), (5, 3, 2, 0), "{:?}", r.quarantine);
    assert!(events.iter().any(|e| e.kind == Kind::Tag && e.text.as_deref() == Some("new words")));
    let people: std::collections::BTreeSet<_> = events.iter().map(|e| e.actor.as_str()).collect();
    assert_eq!(people.len(), 2, "the number, and the one person with two ids");
}

/// A log may hold pieces of bodies, or wrap them in its own way.
#[test]
fn pieces_and_other_wrappers() {
    let said = message("A", 0, "one");
    let value = format!(
        r#"{{"messaging_product":"whatsapp","metadata":{{"phone_number_id":"2"}},"messages":[{said}]}}"#
    );
    let change = format!(r#"{{"value":{value},"field":"messages"}}"#);
    let entry = format!(r#"{{"id":"1","time":1,"changes":[{change}]}}"#);
    let whole = body(std::slice::from_ref(&value));
    let whole = whole.trim();
    let escaped = serde_json::to_string(whole).unwrap();
    for text in [
        said.clone(),
        value.clone(),
        change.clone(),
        entry.clone(),
        format!("[{entry}]"),
        format!("{change}\n{change}"),
        format!(r#"{{"ts":1772458200,"payload":{whole}}}"#),
        format!(r#"{{"level":"info","event":{{"body":{escaped},"path":"/hook"}}}}"#),
        format!(r#"{{"rawBody":{escaped}}}"#),
        format!(r#"{{"name":"a collection","first":{whole}}}"#),
    ] {
        let (r, events) = read(&text);
        assert_eq!((r.kept, events.len(), r.quarantined), (1, 1, 0), "{text}: {:?}", r.quarantine);
        assert_eq!(events[0].text.as_deref(), Some("one"));
    }
    let (r, events) = read(&format!("{}\n{}\n", status("X", "sent", 1), status("X", "read", 2)));
    assert_eq!((r.read, r.kept, events.len()), (2, 2, 3));
}

/// States per member of a group, states of no known name, and the same state again.
#[test]
fn states_of_groups_and_unknown_ones() {
    let of = |who: &str, state: &str, second: i64| {
        format!(
            r#"{{"id":"G","status":"{state}","timestamp":"{}","recipient_id":"group","recipient_type":"group","recipient_participant_id":"{who}"}}"#,
            1_772_458_200 + second
        )
    };
    let items = [
        of("1", "delivered", 1),
        of("2", "delivered", 2),
        of("2", "delivered", 2),
        of("1", "read", 9),
        of("1", "warning", 10),
        of("1", "warning", 10),
    ];
    let (r, events) = read(&body(&[statuses(&items)]));
    assert_eq!((r.read, r.kept, r.duplicates, r.late), (6, 4, 2, 0));
    assert_eq!(events.iter().filter(|e| e.kind == Kind::Message).count(), 1, "one message to the group");
    assert_eq!(r.count("status_warning"), 2 - 1);
}

/// What the business wrote long ago says to whom, where the thread itself is not named.
#[test]
fn history_without_names_of_threads() {
    let history = r#"{"history":[{"threads":[{"messages":[{"from":"15550001111","to":"5511999990000","id":"H1","timestamp":"1772400000","type":"text","text":{"body":"ours"}}]}]}]}"#;
    let (_, events) = read(&body(&[history.to_owned()]));
    assert_eq!(events[0].from, Role::Agent);
}

proptest! {
    /// However the same elements are batched, ordered and repeated, the log is the same.
    #[test]
    fn order_batching_and_repetition_do_not_matter(
        order in Just((0..8_usize).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0..8_usize, 0..5),
        batch in 1..4_usize,
    ) {
        let element = |n: &usize| match n {
            0..4 => messages(&[message(&format!("M{n}"), *n as i64 / 2, &format!("text {n}"))]),
            4 => statuses(&[status("X", "sent", 3)]),
            5 => statuses(&[status("X", "delivered", 3)]),
            6 => statuses(&[status("X", "read", 90_000)]),
            _ => messages(&[message("L", 200_000, "late")]),
        };
        let write = |elements: &[usize], batch: usize| -> String {
            elements.chunks(batch).map(|c| body(&c.iter().map(element).collect::<Vec<_>>())).collect()
        };
        let plain: Vec<usize> = (0..8).collect();
        let shuffled: Vec<usize> = order.into_iter().chain(again.iter().copied()).collect();
        let without_origin = |events: Vec<Event>| -> Vec<Event> {
            events.into_iter().map(|e| Event { origin: String::new(), ..e }).collect()
        };
        let (_, expected) = read(&write(&plain, 1));
        let (r, found) = read(&write(&shuffled, batch));
        prop_assert_eq!(r.duplicates, again.len() as u64);
        prop_assert_eq!(without_origin(found), without_origin(expected));
    }
}
