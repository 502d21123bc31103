//! Hostile and broken input: whatever comes, no panic, bounded memory, every element accounted for,
//! and nobody's name in what comes out.

use std::io::Write;

use proptest::prelude::*;

use crate::traffic::log::Event;

use super::log_file::{LogWriter, TextForm};
use super::*;

fn limits() -> Limits {
    Limits { element_bytes: 2_000, sort_bytes: 4_000, ..Limits::default() }
}

/// Reads bytes as a format; only errors about the input as a whole are allowed.
fn read_as(format: Format, bytes: &[u8]) -> Option<ImportReport> {
    let order = DateOrder::from_name("dmy");
    let options = Options { format: Some(format), date_order: order, limits: limits(), ..Options::default() };
    match import(&[Input::memory("input", bytes)], &options, &mut |_| {}) {
        Ok(report) => {
            assert!(report.balanced());
            Some(report)
        }
        Err(ImportError::Unaccounted { .. }) => panic!("{} lost an element", format.name()),
        Err(_) => None,
    }
}

/// Texts that begin like the real ones, so that the readers are entered.
const SEEDS: [&str; 14] = [
    "{\"conversation\":\"c\",\"at\":\"2026-03-02T14:30:00Z\",\"kind\":\"message\",\"from\":\"customer\"}\n",
    "conversation,at,kind,from\nc,2026-03-02T14:30:00Z,message,customer\n",
    "13/06/2018, 21:25 - Ana: hi\nmore\n\u{200e}[13/06/2018, 21:25:15] Leo: \u{200e}<attached: x.jpg>\r\n",
    "{\"object\":\"x\",\"entry\":[{\"changes\":[{\"field\":\"messages\",\"value\":{\"messages\":[{\"from\":\"55\",\"id\":\"a\",\"timestamp\":\"1772458200\",\"type\":\"text\",\"text\":{\"body\":\"x\"}}],\"statuses\":[{}]}}]}]}\n",
    "{\"messages\":[{\"sid\":\"SM1\",\"direction\":\"inbound\",\"from\":\"+55\",\"to\":\"+1\",\"date_sent\":\"2026-03-02T14:30:00Z\"}]}",
    "From,To,Body,Status,SentDate,Sid,Direction\n+1,+2,\"a\nb\",read,2026-03-02T14:30:00Z,SM1,inbound\n",
    "2026-03-02T14:30:00Z MessageSid=SM1&From=%2B1&To=%2B2&Body=x%&SmsStatus=received\n",
    "{\"eventType\":\"message\",\"waId\":\"55\",\"timestamp\":\"1772461800\",\"ticketId\":\"t\",\"event\":\"conversation.created\",\"event_time\":\"1772461867000\",\"entity\":{\"id\":\"1\"}}\n",
    "{\"app\":\"s\",\"timestamp\":1772461800412,\"type\":\"message\",\"payload\":{\"id\":\"a\",\"source\":\"55\",\"type\":\"text\",\"payload\":{\"text\":\"x\"}}}\n",
    "Ticket ID,Status,Priority,Created time\n1,Open,Low,2026-03-02 14:30:00\n",
    "Ticket Id,Ticket Number,Created Time,Channel\nid,ticketNumber,createdTime,channel\n1,2,2026-03-02 14:30:00,Email\n",
    "{\"id\":1,\"ticket_id\":2,\"requester_id\":3,\"author_id\":4,\"created_at\":\"2026-03-02T14:30:00Z\",\"events\":[{\"id\":1,\"type\":\"Comment\",\"body\":\"<x\"}],\"updates\":[{}],\"messages\":[{}],\"conversations\":[{}],\"message_type\":0,\"display_id\":1,\"date_created\":\"2026-03-02 14:30:00\",\"datecreated\":\"2026-03-02 14:30:00\",\"convo_id\":1,\"original\":[[\"a\",\"b\"]]}\n",
    "<log><trace><string key=\"concept:name\" value=\"a\"/><event><date key=\"time:timestamp\" value=\"2013-05-01T10:00:00Z\"/></event></trace></log>",
    "number,incident_state,sys_mod_count,sys_updated_at,opened_at,made_sla,sys_updated_by,caller_id,contact_type,category,priority,assignment_group,resolved_at,resolved_by\nI,New,0,29-02-2016 01:23,29-02-2016 01:16,TRUE,a,b,c,d,e,f,?,g\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_in_any_format(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for format in Format::ALL {
            read_as(*format, &bytes);
        }
        let _ = detect(&bytes, "x");
    }

    /// Real beginnings with pieces cut out, doubled and overwritten.
    #[test]
    fn damaged_files(
        seed in 0..SEEDS.len(),
        copies in 1..4_usize,
        damage in prop::collection::vec((0..1_000_usize, 0..12_usize, any::<u8>()), 0..6),
    ) {
        let mut bytes = SEEDS[seed].repeat(copies).into_bytes();
        for (at, len, value) in damage {
            let at = at % bytes.len().max(1);
            let end = (at + len).min(bytes.len());
            match value % 3 {
                0 => drop(bytes.drain(at..end)),
                1 => bytes[at..end].fill(value),
                _ => {
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        for format in Format::ALL {
            read_as(*format, &bytes);
        }
        if let Some((format, _)) = detect(&bytes, "x") {
            read_as(format, &bytes);
        }
    }
}

#[test]
fn every_seed_is_read_as_it_is() {
    for seed in SEEDS {
        let read =
            Format::ALL.iter().filter_map(|f| read_as(*f, seed.as_bytes())).filter(|r| r.kept > 0).count();
        assert!(read > 0, "{seed}");
    }
}

#[test]
fn a_line_of_many_megabytes() {
    let mut text = b"13/06/2018, 21:25 - Ana: hi\n".to_vec();
    text.extend(std::iter::repeat_n(b'x', 5_000_000));
    text.extend(b"\n13/06/2018, 21:26 - Shop: hello\n");
    let r = read_as(Format::WhatsappExport, &text).unwrap();
    assert_eq!((r.kept, r.quarantined), (2, 1));
    let mut text = b"{\"object\":\"x\",\"entry\":[]}\n{\"object\":\"".to_vec();
    text.extend(std::iter::repeat_n(b'x', 5_000_000));
    let r = read_as(Format::WhatsappWebhooks, &text).unwrap();
    assert_eq!(r.quarantined, 2);
    assert!(r.quarantine.iter().all(|q| q.excerpt.len() < 1_000));
}

fn archive(members: &[(&str, &[u8])]) -> tempfile::NamedTempFile {
    let mut zip = zip::ZipWriter::new(tempfile::NamedTempFile::new().unwrap());
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, content) in members {
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap()
}

#[test]
fn an_archive_with_media() {
    let chat =
        b"13/06/2018, 21:25 - Ana: IMG-20180613-WA0001.jpg (file attached)\n13/06/2018, 21:26 - Shop: nice\n";
    let file = archive(&[("WhatsApp Chat with Ana.txt", chat), ("IMG-20180613-WA0001.jpg", b"\xff\xd8")]);
    let mut notes = Vec::new();
    let inputs = input::gather(&[file.path().to_owned()], &Limits::default(), &mut notes).unwrap();
    assert_eq!((inputs.len(), notes.len()), (1, 1));
    let r = import(&inputs, &Options::default(), &mut |_| {}).unwrap();
    assert_eq!((r.kept, r.count("attached")), (2, 1));
}

/// A document that was sent in a chat may be a text itself; an office document is none of ours.
#[test]
fn documents_beside_a_chat_and_workbooks() {
    let chat = b"[13/06/2018, 21:25:00] Ana: \xe2\x80\x8e<attached: 00000001-list.csv>\r\n[13/06/2018, 21:26:00] Shop: ok\r\n";
    let file = archive(&[
        ("00000001-list.csv", b"a,b\n1,2\n"),
        ("_chat.txt", chat),
        ("notes.txt", b"nothing of interest\n"),
    ]);
    let mut notes = Vec::new();
    let named = file.path().with_file_name("WhatsApp Chat - Ana.zip");
    std::fs::copy(file.path(), &named).unwrap();
    let inputs = input::gather(std::slice::from_ref(&named), &Limits::default(), &mut notes).unwrap();
    std::fs::remove_file(&named).unwrap();
    assert_eq!((inputs.len(), inputs[0].name.as_str()), (1, "WhatsApp Chat - Ana.txt"));
    assert!(notes[0].contains("2 text files beside the chat"), "{notes:?}");
    let r = import(&inputs, &Options::default(), &mut |_| {}).unwrap();
    assert_eq!((r.kept, r.roles.get("customer"), r.roles.get("agent")), (2, Some(&1), Some(&1)));
    assert!(!r.files[0].name.contains("Ana"));
    let workbook = archive(&[("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<x/>")]);
    let error =
        input::gather(&[workbook.path().to_owned()], &Limits::default(), &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("save the sheet as CSV"), "{error}");
}

/// What is no traffic in a folder is refused, counted and does not stop the rest; named, it is an error.
#[test]
fn other_files_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let chat = "13/06/2018, 21:25 - Ana: hi\n";
    std::fs::write(folder.path().join("chat.txt"), chat).unwrap();
    std::fs::write(folder.path().join("expected.json"), "[{\"anything\":1}]").unwrap();
    let gather = |path: &std::path::Path| {
        input::gather(&[path.to_owned()], &Limits::default(), &mut Vec::new()).unwrap()
    };
    let r = import(&gather(folder.path()), &Options::default(), &mut |_| {}).unwrap();
    assert_eq!((r.read, r.kept, r.quarantined), (2, 1, 1));
    assert_eq!(r.quarantine[0].file, "expected.json");
    let named = gather(&folder.path().join("expected.json"));
    assert!(matches!(
        import(&named, &Options::default(), &mut |_| {}),
        Err(ImportError::UnknownFormat { .. })
    ));
}

#[test]
fn names_of_chats_in_any_language_name_nobody() {
    let chat = "13/06/2018, 21:25 - A: hi\n13/06/2018, 21:26 - B: hi\n";
    for name in [
        "Bate-papo do WhatsApp com Zuleika.txt",
        "Zuleika ile WhatsApp Sohbeti.txt",
        "Chat WhatsApp - Zuleika.txt",
    ] {
        let mut events: Vec<Event> = Vec::new();
        let inputs = [Input::memory(name, chat.as_bytes())];
        let r = import(&inputs, &Options::default(), &mut |e| events.push(e.clone())).unwrap();
        assert!(!format!("{r:?}{events:?}").contains("Zuleika"), "{name}");
    }
}

#[test]
fn a_bomb_and_names_that_lead_out() {
    let bomb = archive(&[("_chat.txt", &vec![b'0'; 3_000_000])]);
    let tight = Limits { archive_bytes: 1_000_000, ..Limits::default() };
    let error = input::gather(&[bomb.path().to_owned()], &tight, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("unpacks to more than"), "{error}");
    let file = archive(&[
        ("../../etc/_chat.txt", b"13/06/2018, 21:25 - Ana: hi\n"),
        ("_chat.txt", b"13/06/2018, 21:25 - Ana: hi\n"),
    ]);
    let mut notes = Vec::new();
    let inputs = input::gather(&[file.path().to_owned()], &Limits::default(), &mut notes).unwrap();
    assert_eq!(inputs.len(), 1);
    assert!(notes[0].contains("leads out of the archive"));
}

#[test]
fn nobody_is_named_in_what_comes_out() {
    let chat = "13/06/2018, 21:25 - Ana Gómez: I am Ana Gómez, ana.gomez@x.example, +55 11 98765-4321, card 4111 1111 1111 1111\n\
                13/06/2018, 21:26 - Eva Shop: =HYPERLINK(\"http://x\") hello Ana, Eva here\n13/06/2018, 21:27 - +55 11 98765-4321: hi\nstray Ana\n";
    let hooks = r#"{"object":"x","entry":[{"changes":[{"field":"messages","value":{"contacts":[{"profile":{"name":"Ana Gómez"},"wa_id":"5511987654321"}],"messages":[{"from":"5511987654321","id":"A","timestamp":"1772458200","type":"text","text":{"body":"Ana: call 5511987654321"}},{"from":"5511987654321","id":"B","timestamp":"Ana 5511987654321"}]}}]}]}"#;
    let desk = r#"[{"id":1,"requester_id":9,"responder_id":5,"created_at":"2026-03-02T14:30:00Z","fr_due_by":null,"requester":{"name":"Ana Gómez","email":"ana.gomez@x.example"},"description_text":"Ana Gómez, 5511987654321"},{"Ana":1}]"#;
    let inputs = [
        Input::memory("WhatsApp Chat with Ana Gómez.txt", chat.as_bytes()),
        Input::memory("5511987654321.json", hooks.as_bytes()),
        Input::memory("ana.gomez@x.example.json", desk.as_bytes()),
    ];
    let mut out = String::new();
    for form in [TextForm::Jsonl, TextForm::Csv] {
        let mut writer = LogWriter::new(form, Vec::new()).unwrap();
        let mut quarantine = String::new();
        let report = import_watched(
            &inputs,
            &Options::default(),
            &mut |q| quarantine.push_str(&format!("{q:?}\n")),
            &mut |_| {},
            &mut |e| writer.write(e).unwrap(),
        )
        .unwrap();
        assert!(report.quarantined >= 2);
        let log = String::from_utf8(writer.finish().unwrap()).unwrap();
        assert!(
            form == TextForm::Jsonl
                || !log
                    .lines()
                    .any(|l| l.split(',').any(|cell| cell.starts_with("=HYP") || cell.starts_with("\"=HYP")))
        );
        out.push_str(&log);
        out.push_str(&quarantine);
        out.push_str(&format!("{report:?}"));
    }
    for secret in ["Ana", "ana", "Gómez", "gómez", "gomez", "98765", "4321", "4111", "@x.example", "Eva"] {
        assert!(!out.contains(secret), "{secret} is in what comes out:\n{out}");
    }
}

#[test]
fn the_same_person_is_the_same_everywhere_and_can_be_forgotten() {
    let chat = "13/06/2018, 21:25 - +55 11 98765-4321: hi\n13/06/2018, 21:26 - Shop: hello\n";
    let hooks = r#"{"object":"x","entry":[{"changes":[{"value":{"messages":[{"from":"5511987654321","id":"A","timestamp":"1528925100","type":"text","text":{"body":"x"}}]}}]}]}"#;
    let inputs = [Input::memory("a.txt", chat.as_bytes()), Input::memory("b.json", hooks.as_bytes())];
    let mut events: Vec<Event> = Vec::new();
    let r = import(&inputs, &Options::default(), &mut |e| events.push(e.clone())).unwrap();
    assert_eq!((r.conversations, r.authors), (1, 2));
    let forget = Options { forget: vec!["+55 (11) 98765-4321".into()], ..Options::default() };
    let mut left: Vec<Event> = Vec::new();
    import(&inputs, &forget, &mut |e| left.push(e.clone())).unwrap();
    let person = &events[0].actor;
    assert!(left.iter().all(|e| e.actor != *person) && left.len() < events.len());
    // From a finished log, by the pseudonym or, with the same key, by the number.
    let mut writer = LogWriter::new(TextForm::Jsonl, Vec::new()).unwrap();
    events.iter().for_each(|e| writer.write(e).unwrap());
    let log = writer.finish().unwrap();
    for who in [person.clone(), "5511987654321".to_owned()] {
        let forget = Options { forget: vec![who], ..Options::default() };
        let mut left: Vec<Event> = Vec::new();
        import(&[Input::memory("log.jsonl", log.clone())], &forget, &mut |e| left.push(e.clone())).unwrap();
        assert!(left.iter().all(|e| e.actor != *person));
        assert!(left.len() < events.len());
    }
}

#[test]
fn what_was_written_to_a_forgotten_person_goes_too() {
    let chats = [
        ("a.txt", "13/06/2018, 21:25 - Ana: hi\n13/06/2018, 21:26 - Shop: hello\n"),
        ("b.txt", "13/06/2018, 21:25 - Leo: hi\n13/06/2018, 21:26 - Shop: hello\n"),
        (
            "group.txt",
            "13/06/2018, 21:25 - Ana: hi\n13/06/2018, 21:26 - Leo: hi\n13/06/2018, 21:27 - Shop: you two\n",
        ),
    ];
    let inputs = chats.map(|(name, text)| Input::memory(name, text.as_bytes()));
    let agents = vec!["Shop".to_owned()];
    let all = Options { agents: agents.clone(), ..Options::default() };
    let mut events: Vec<Event> = Vec::new();
    import(&inputs, &all, &mut |e| events.push(e.clone())).unwrap();
    let forget = Options { agents, forget: vec!["Ana".into()], ..Options::default() };
    let mut left: Vec<Event> = Vec::new();
    let report = import(&inputs, &forget, &mut |e| left.push(e.clone())).unwrap();
    assert_eq!((events.len(), left.len(), report.count("forgotten")), (7, 4, 3));
    assert!(left.iter().all(|e| e.origin.starts_with("b.txt") || e.origin.starts_with("group.txt")));
    // The same from the finished log.
    let mut writer = LogWriter::new(TextForm::Jsonl, Vec::new()).unwrap();
    events.iter().for_each(|e| writer.write(e).unwrap());
    let log = Input::memory("log.jsonl", writer.finish().unwrap());
    let mut again: Vec<Event> = Vec::new();
    import(&[log], &forget, &mut |e| again.push(e.clone())).unwrap();
    assert_eq!(again, left);
}

/// A log written by other means may name people; one that was imported stays as it is.
#[test]
fn a_log_from_elsewhere_is_pseudonymised_too() {
    let row = r#"{"conversation":"+5511987654321","at":"2026-03-02T14:30:00Z","kind":"message","from":"customer","actor":"Ana Gomez","text":"call +55 11 98765-4321"}"#;
    let mut events: Vec<Event> = Vec::new();
    let inputs = [Input::memory("log.jsonl", row.as_bytes())];
    import(&inputs, &Options::default(), &mut |e| events.push(e.clone())).unwrap();
    let text = format!("{events:?}");
    assert!(!text.contains("98765") && !text.contains("Ana"), "{text}");
    let mut writer = LogWriter::new(TextForm::Jsonl, Vec::new()).unwrap();
    writer.write(&events[0]).unwrap();
    let log = Input::memory("log.jsonl", writer.finish().unwrap());
    let mut again: Vec<Event> = Vec::new();
    let key = Key::from_bytes(b"another");
    import(std::slice::from_ref(&log), &Options { key, ..Options::default() }, &mut |e| {
        again.push(e.clone())
    })
    .unwrap();
    assert_eq!(again, events);
    let none = Options { keep_text: KeepText::None, ..Options::default() };
    import(&[log], &none, &mut |e| assert_eq!(e.text, None)).unwrap();
}
