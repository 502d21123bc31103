//! Whole exports, small ones.

use crate::traffic::log::{Event, Kind, Role};
use crate::traffic::recorded::{ImportError, ImportReport, Input, Options, import};

fn read_all(inputs: &[(&str, &str)], options: &Options) -> (ImportReport, Vec<Event>) {
    let mut events = Vec::new();
    let inputs: Vec<Input> = inputs.iter().map(|(name, text)| Input::memory(name, text.as_bytes())).collect();
    let report = import(&inputs, options, &mut |e| events.push(e.clone())).unwrap();
    (report, events)
}

fn read(text: &str) -> (ImportReport, Vec<Event>) {
    read_all(&[("chat.txt", text)], &Options::default())
}

fn texts(events: &[Event]) -> Vec<&str> {
    events.iter().filter_map(|e| e.text.as_deref()).collect()
}

#[test]
fn a_line_feed_inside_a_message_is_no_header_where_entries_end_in_crlf() {
    let text = "[13/06/2018, 21:25:15] Ana: see what I got:\n[13/06/2018, 21:00:00] Leo: hello\nfunny\r\n\
                [13/06/2018, 21:26:00] Shop: indeed\r\n[13/06/2018, 21:27:00] Ana: bye\r\n";
    let (r, events) = read(text);
    assert_eq!((r.read, r.kept, r.continuation_lines), (3, 3, 2));
    let first = texts(&events)[0];
    assert!(first.contains("\n[13/06/2018, 21:00:00] ") && first.ends_with(": hello\nfunny"), "{first}");
    let (r, _) = read(&text.replace("\r\n", "\n"));
    assert_eq!(r.read, 4, "without the difference there is nothing to go by");
}

#[test]
fn only_the_shape_of_the_file_begins_an_entry() {
    let text = "13/06/2018, 21:25 - Ana: my log:\n[13/06/2018, 21:25:15] x: y\n13.06.18 21:25 - z\n13/06/2018, 21:26 - Shop: thanks\n";
    let (r, events) = read(text);
    assert_eq!((r.read, r.continuation_lines), (2, 2));
    assert_eq!(events.len(), 2);
}

#[test]
fn authors_with_colons_and_notices_with_colons() {
    let text = "13/06/2018, 21:20 - Ana changed the subject from “A: B” to “C: D”\n\
                13/06/2018, 21:21 - Shop: Support: hello\n13/06/2018, 21:22 - Shop: Support: note: read this\n\
                13/06/2018, 21:23 - Shop: Support: bye\n13/06/2018, 21:24 - \u{202a}+55 11 99999-0000\u{202c}: ok: fine\n\
                13/06/2018, 21:25 - \u{202a}+55 11 99999-0000\u{202c}:.\n13/06/2018, 21:26 - Joined at 10:30 today\n";
    let (r, events) = read(text);
    assert_eq!((r.read, r.kept, r.notices, r.authors), (7, 5, 2, 2));
    assert_eq!(texts(&events), ["hello", "note: read this", "bye", "ok: fine", "."]);
}

#[test]
fn notices_of_ios_are_attributed_and_still_notices() {
    let text = "[13/06/2018, 21:20:00] Shop: \u{200e}Messages and calls are end-to-end encrypted.\r\n\
                \u{200e}[13/06/2018, 21:21:00] Ana: \u{200e}image omitted\r\n\
                [13/06/2018, 21:22:00] ~\u{202f}Leo: Missed voice call?\r\n\
                \u{200e}[13/06/2018, 21:23:00] Ana: \u{200e}Missed voice call\r\n\
                [13/06/2018, 21:24:00] Ana: contract.pdf • \u{200e}2 pages \u{200e}<attached: 00000005-contract.pdf>\r\n";
    let (r, events) = read(text);
    assert_eq!((r.read, r.kept, r.notices), (5, 3, 2));
    let media: Vec<_> = events.iter().map(|e| e.media.as_deref()).collect();
    assert_eq!(media, [Some("image"), None, Some("document")]);
}

#[test]
fn an_undecided_order_asks_unless_another_file_tells() {
    let evening = "02/11/2020, 21:20 - Ana: hi\n02/11/2020, 21:21 - Shop: hello\n";
    let error = import(&[Input::memory("chat.txt", evening.as_bytes())], &Options::default(), &mut |_| {})
        .unwrap_err();
    assert!(matches!(&error, ImportError::DateOrder { .. }), "{error}");
    assert!(error.to_string().contains("--date-order") && !error.to_string().contains("Ana"), "{error}");
    let other = "13/11/2020, 21:20 - Leo: hi\n13/11/2020, 21:21 - Shop: hello\n";
    let (r, events) = read_all(&[("a.txt", evening), ("b.txt", other)], &Options::default());
    assert_eq!(r.kept, 4);
    assert_eq!(events[0].at.ms(), 1_604_352_000_000);
    let roles: Vec<_> = events.iter().map(|e| e.from).collect();
    assert_eq!(
        roles,
        [Role::Customer, Role::Agent, Role::Customer, Role::Agent],
        "Shop is common to both chats"
    );
}

#[test]
fn overlapping_exports_become_one_chat() {
    let line = |day: u32, minute: u32, author: &str, text: &str| {
        format!("{day}/06/2018, 21:{minute:02} - {author}: {text}\n")
    };
    let chat: Vec<String> = (0..40)
        .map(|n| {
            line(
                13 + n / 20,
                n % 20,
                if n % 3 == 0 { "Ana" } else { "Shop" },
                ["ok", "ok", "where is it", "on its way"][n as usize % 4],
            )
        })
        .collect();
    let early = chat[..25].concat();
    let late = chat[10..].concat();
    let (r, events) = read_all(&[("late.txt", &late), ("early.txt", &early)], &Options::default());
    assert_eq!((r.read, r.kept, r.duplicates), (55, 40, 15));
    let (_, whole) = read_all(&[("all.txt", &chat.concat())], &Options::default());
    let simple = |events: &[Event]| -> Vec<_> {
        events.iter().map(|e| (e.at, e.from, e.text.clone(), e.conversation.clone())).collect()
    };
    assert_eq!(simple(&events), simple(&whole));
}

#[test]
fn silence_cuts_an_endless_chat_but_a_late_answer_does_not() {
    let text = "13/06/2018, 21:00 - Ana: hi\n15/06/2018, 21:00 - Shop: sorry for the wait\n15/06/2018, 21:05 - Ana: thanks\n\
                20/06/2018, 09:00 - Ana: me again\n28/06/2018, 09:00 - Ana: hello?\n29/06/2018, 12:00 - Shop: yes\n\
                30/07/2018, 09:00 - Shop: our offer\n";
    let (r, events) = read(text);
    assert_eq!(r.conversations, 4);
    let numbers: Vec<_> = events.iter().map(|e| e.conversation.rsplit('-').next().unwrap()).collect();
    assert_eq!(numbers, ["1", "1", "1", "2", "3", "3", "4"]);
}

#[test]
fn deleted_edited_and_stray_lines() {
    let text = "a line before all\n\n13/06/2018, 21:00 - Ana: This message was deleted\n13/06/2018, 21:01 - Ana: fixed <This message was edited>\n\
                13/06/2018, 21:02 - Shop: <Something new>\n31/02/2018, 21:02 - Shop: x\n13/06/2018, 21:03 - Shop: ok\n";
    let options = Options { date_order: super::DateOrder::from_name("dmy"), ..Options::default() };
    let (r, events) = read_all(&[("chat.txt", text)], &options);
    assert_eq!((r.read, r.kept, r.quarantined), (6, 4, 2));
    assert_eq!((r.count("deleted"), r.count("edited"), r.count("probably_a_marker")), (1, 1, 1));
    assert_eq!(events[0].value.as_deref(), Some("deleted"));
    assert_eq!(events[1].text.as_deref(), Some("fixed"));
    assert!(events.iter().all(|e| e.kind == Kind::Message));
}

#[test]
fn the_file_is_called_after_the_customer() {
    let text = "13/06/2018, 21:00 - Shop: welcome\n13/06/2018, 21:01 - Ana: hi\n";
    let (r, events) = read_all(&[("WhatsApp Chat with Ana.txt", text)], &Options::default());
    assert_eq!(events.iter().map(|e| e.from).collect::<Vec<_>>(), [Role::Agent, Role::Customer]);
    assert!(!events[0].origin.contains("Ana") && !r.files[0].name.contains("Ana"));
}

#[test]
fn an_author_without_a_name_is_nobody() {
    let text =
        "13/06/2018, 21:25 - : who is it?\n13/06/2018, 21:26 - Ana: hello\n13/06/2018, 21:27 - : who?\n";
    let (r, events) = read(text);
    assert_eq!((r.read, r.kept, r.notices), (3, 1, 2));
    assert_eq!(texts(&events), ["hello"]);
}
