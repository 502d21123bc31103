//! Reading speed on one core: megabytes a CPU second, beside two yardsticks. The same bytes cut into lines,
//! and, for JSON, parsed into generic values. The generated traffic has the shape of real logs.
//!
//! `cargo bench --bench readers`; `cargo bench --bench readers -- --write FOLDER MEGABYTES` writes the traffic
//! to files instead, for `helpsim import` to be measured as a whole.

use helpsim::traffic::recorded::log_file::{LogWriter, TextForm};
use helpsim::traffic::recorded::{DateOrder, Format, Input, KeepText, Options, import};
use std::fmt::Write;
use std::hint::black_box;
use std::time::Instant;

const MEGABYTE: usize = 1_000_000;

fn main() -> std::io::Result<()> {
    // `cargo test` runs benches, too, with `--test`: a little is enough to see that it works.
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|a| a == "--write")
        && let [folder, megabytes, ..] = &args[at + 1..]
    {
        let bytes = megabytes.parse::<usize>().map_err(std::io::Error::other)? * MEGABYTE;
        let folder = std::path::Path::new(folder);
        std::fs::write(folder.join("webhooks.jsonl"), webhooks(bytes))?;
        return std::fs::write(folder.join("chat.txt"), chat(bytes));
    }
    let (bytes, times) =
        if args.iter().any(|a| a == "--test") { (MEGABYTE / 10, 1) } else { (32 * MEGABYTE, 5) };
    println!("                            MB/s  to lines  to serde_json");
    for (name, format, text) in [
        ("webhooks", Format::WhatsappWebhooks, webhooks(bytes)),
        ("chat", Format::WhatsappExport, chat(bytes)),
    ] {
        let input = Input::memory("bench", text.clone().into_bytes());
        let megabytes = text.len() as f64 / MEGABYTE as f64;
        let lines = best(times, || lines(black_box(&text)));
        let values = (format == Format::WhatsappWebhooks).then(|| best(times, || values(black_box(&text))));
        let print = |what: &str, seconds: f64| {
            let to = |yardstick: Option<f64>| {
                yardstick.map_or_else(|| "-".to_owned(), |yardstick| format!("{:.1}", seconds / yardstick))
            };
            let rate = megabytes / seconds;
            println!("{name:<10}{what:<14}{rate:>8.0}{:>10}{:>15}", to(Some(lines)), to(values));
        };
        print("lines", lines);
        if let Some(values) = values {
            print("serde_json", values);
        }
        for (what, keep_text) in
            [("no text", KeepText::None), ("full text", KeepText::Full), ("redacted", KeepText::Redacted)]
        {
            let date_order = DateOrder::from_name("dmy");
            let options = Options { format: Some(format), keep_text, date_order, ..Options::default() };
            print(what, best(times, || read(&input, &options)));
            if keep_text == KeepText::Redacted {
                print("and written", best(times, || import_whole(&input, &options)));
            }
        }
    }
    Ok(())
}

/// CPU seconds of the fastest of so many runs: on a busy machine the others were disturbed.
fn best<T>(times: usize, mut work: impl FnMut() -> T) -> f64 {
    let cpu = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    let mut once = || {
        let (before, clock) = (cpu(), Instant::now());
        // The system counts in ticks: what takes less than some is done again and again.
        let mut runs = 0.0;
        while runs == 0.0 || clock.elapsed().as_secs_f64() < 0.1 {
            black_box(work());
            runs += 1.0;
        }
        let seconds = match (before, cpu()) {
            (Some(before), Some(after)) => (after - before) / 1e9,
            _ => clock.elapsed().as_secs_f64(),
        };
        seconds / runs
    };
    (0..times).map(|_| once()).fold(f64::INFINITY, f64::min)
}

/// Conversations of 500 customers, one body per line: messages and the states of the answers.
fn webhooks(bytes: usize) -> String {
    let mut out = String::with_capacity(bytes + 4096);
    let mut n = 0_u64;
    while out.len() < bytes {
        let (person, at) = (5_511_990_000_000 + n % 500, 1_772_458_200 + n * 7);
        let value = if n.is_multiple_of(3) {
            format!(
                r#""contacts":[{{"profile":{{"name":"Person {}"}},"wa_id":"{person}"}}],"messages":[{{"from":"{person}","id":"wamid.HBgNNTUxMTk5OTk5MDAwMBUCABIYFDNB{n}","timestamp":"{at}","type":"text","text":{{"body":"Hello, where is my order? It should have come on Tuesday, and nobody told me anything."}}}}]"#,
                n % 500
            )
        } else {
            let state = ["sent", "delivered"][n as usize % 2];
            format!(
                r#""statuses":[{{"id":"wamid.HBgNNTUxMTk5OTk5MDAwMBUCABEYEjRC{}","status":"{state}","timestamp":"{at}","recipient_id":"{person}","conversation":{{"id":"7270432eae37498234f4444b35ffc5","origin":{{"type":"service"}}}},"pricing":{{"billable":false,"pricing_model":"PMP","type":"free_customer_service","category":"service"}}}}]"#,
                n / 2
            )
        };
        let _infallible = writeln!(
            out,
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"100","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"200"}},{value}}}}}]}}]}}"#
        );
        n += 1;
    }
    out
}

/// One endless chat of two.
fn chat(bytes: usize) -> String {
    let mut out = String::with_capacity(bytes + 4096);
    let mut minute = 0_u64;
    while out.len() < bytes {
        let (day, hour) = (minute / 1_440, minute / 60 % 24);
        let (author, text) = match minute % 4 {
            0 => ("Ana", "Hello, where is my order? It should have come on Tuesday"),
            1 => ("Ana", "<Media omitted>"),
            2 => (
                "Shop",
                "Good morning! One moment please, I am looking it up for you.\nIt left our house on Monday.",
            ),
            _ => ("Ana", "thanks, that is very kind of you"),
        };
        let (day_of_month, month, year) = (day % 28 + 1, day / 28 % 12 + 1, 2018 + day / 336);
        let _infallible = writeln!(
            out,
            "{day_of_month:02}/{month:02}/{year}, {hour:02}:{:02} - {author}: {text}",
            minute % 60
        );
        minute += 3;
    }
    out
}

fn read(input: &Input, options: &Options) -> u64 {
    let mut events = 0;
    let report = import(std::slice::from_ref(input), options, &mut |event| {
        black_box(event);
        events += 1;
    });
    assert!(report.is_ok_and(|r| r.quarantined == 0));
    events
}

/// As `helpsim import` does it, but for the disk.
fn import_whole(input: &Input, options: &Options) -> std::io::Result<()> {
    let mut writer = LogWriter::new(TextForm::Jsonl, std::io::sink())?;
    let mut failed = Ok(());
    let report = import(std::slice::from_ref(input), options, &mut |event| {
        if let Err(error) = writer.write(event) {
            failed = Err(error);
        }
    });
    assert!(report.is_ok_and(|r| r.quarantined == 0));
    failed
}

fn lines(text: &str) -> usize {
    memchr::memchr_iter(b'\n', text.as_bytes()).count()
}

fn values(text: &str) -> usize {
    let parsed = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    parsed.map(black_box).count()
}
