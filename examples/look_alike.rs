//! Writes `data/recorded/incidents.csv` and `data/recorded/webhooks.jsonl`: invented traffic in the layout of
//! real logs, for scenarios and tests. The same numbers each time: `cargo run --example look_alike`.

use std::fmt::Write as _;

/// SplitMix64, which is all the chance that an invented log needs.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn one_of<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }

    /// Minutes with a long tail: mostly near `median`, now and then many times that.
    fn minutes(&mut self, median: u64) -> u64 {
        let halves = (self.below(5) + self.below(5)) as i64 - 4;
        let scaled = if halves >= 0 { median << halves } else { median >> -halves };
        scaled.max(1) + self.below(scaled.max(1))
    }
}

/// 2026-03-02, a Monday, in minutes since the epoch.
const MONDAY: u64 = 29_540_160;

/// `dd-mm-yyyy HH:MM` of a minute in March to May 2026.
fn written(minute: u64) -> String {
    let mut day = (minute - MONDAY) / 1_440 + 2;
    let mut month = 3;
    for days in [31, 30, 31, 30] {
        if day <= days {
            break;
        }
        day -= days;
        month += 1;
    }
    format!("{day:02}-{month:02}-2026 {:02}:{:02}", minute / 60 % 24, minute % 60)
}

/// A minute of an office day: busiest at ten and at three.
fn office_minute(chance: &mut Chance, days: u64) -> u64 {
    let day = chance.below(days);
    let day = if day % 7 >= 5 && chance.below(5) > 0 { day - day % 7 } else { day };
    let hour =
        [8, 9, 9, 10, 10, 10, 11, 11, 12, 13, 14, 14, 15, 15, 15, 16, 17, 18][chance.below(18) as usize];
    MONDAY + day * 1_440 + hour * 60 + chance.below(60)
}

const INCIDENT_COLUMNS: &str = "number,incident_state,active,reassignment_count,reopen_count,sys_mod_count,made_sla,\
    caller_id,opened_by,opened_at,sys_created_by,sys_created_at,sys_updated_by,sys_updated_at,contact_type,location,\
    category,subcategory,u_symptom,cmdb_ci,impact,urgency,priority,assignment_group,assigned_to,knowledge,\
    u_priority_confirmation,notify,problem_id,rfc,vendor,caused_by,closed_code,resolved_by,resolved_at,closed_at";

fn incidents() -> String {
    let mut chance = Chance(498);
    let mut out = format!("{INCIDENT_COLUMNS}\n");
    let mut opened: Vec<u64> = (0..160).map(|_| office_minute(&mut chance, 14)).collect();
    opened.sort_unstable();
    for (n, opened) in opened.into_iter().enumerate() {
        let priority =
            ["3 - Moderate", "3 - Moderate", "3 - Moderate", "4 - Low", "2 - High", "1 - Critical"]
                [[0, 0, 0, 0, 1, 1, 2, 3, 3, 4, 5][chance.below(11) as usize]];
        let target = match &priority[..1] {
            "1" => 240,
            "2" => 1_440,
            "3" => 4_320,
            _ => 10_080,
        };
        // What happens to it, in order.
        let mut steps = vec![("New", opened + chance.below(10))];
        let mut at = opened + chance.minutes(40);
        steps.push(("Active", at));
        for _ in 0..chance.below(3) {
            if chance.below(3) == 0 {
                at += chance.minutes(60);
                steps.push(("Awaiting User Info", at));
            }
            at += chance.minutes(240);
            steps.push(("Active", at));
        }
        at += chance.minutes(300);
        steps.push(("Resolved", at));
        let reopened = chance.below(40) == 0;
        if reopened {
            at += chance.minutes(200);
            steps.push(("Active", at));
            at += chance.minutes(200);
            steps.push(("Resolved", at));
        }
        let resolved = at;
        let closed = resolved + 5 * 1_440;
        steps.push(("Closed", closed));
        let made = resolved - opened <= target;
        let (category, caller) = (chance.below(50), chance.below(900));
        let (contact, first_group) =
            (chance.one_of(&["Phone", "Phone", "Email", "Self service"]), chance.below(12));
        let resolver = chance.below(60);
        let mut group = first_group;
        let mut reassigned = 0;
        let mut reopens = 0;
        for (mods, (state, at)) in steps.iter().enumerate() {
            if *state == "Active" && mods > 1 && chance.below(3) == 0 {
                group = chance.below(12);
                reassigned += 1;
            }
            reopens +=
                u32::from(reopened && *state == "Active" && mods > 2 && steps[mods - 1].0 == "Resolved");
            let sla = if *state == "Closed" && !made { "FALSE" } else { "TRUE" };
            let _infallible = writeln!(
                out,
                "INC{n:07},{state},{},{reassigned},{reopens},{mods},{sla},Caller {caller},Opened by  {},{},Created by {},{},\
                 Updated by {},{},{contact},Location {},Category {category},Subcategory {},?,?,2 - Medium,2 - Medium,{priority},\
                 Group {group},?,FALSE,FALSE,Do Not Notify,?,?,?,?,code {},Resolved by {resolver},{},{}",
                if *state == "Closed" { "FALSE" } else { "TRUE" },
                caller % 30,
                written(opened),
                caller % 30,
                written(opened),
                chance.below(80),
                written(*at),
                caller % 40,
                category * 3,
                category % 9,
                written(resolved),
                written(closed),
            );
        }
    }
    out
}

const QUESTIONS: [&str; 10] = [
    "Hi, where is my order? It should have come yesterday",
    "Hello! I want to return the shoes, they are too small",
    "Do you have this in size 42?",
    "My card was charged twice, please help",
    "when does the shop open on saturday",
    "the tracking link does not work",
    "Hola, quiero saber el estado de mi pedido",
    "I got the wrong colour, what now?",
    "can I change the address of my order",
    "there is a charge from you that I do not know, is this fraud?",
];
const MORE: [&str; 6] =
    ["hello?", "it is order 1234", "thanks", "ok, I will wait", "yes please", "no, that does not help me"];

fn webhooks() -> String {
    let mut chance = Chance(1_310);
    let mut bodies: Vec<(u64, String)> = Vec::new();
    let mut wamid = 0_u64;
    let mut id = || {
        wamid += 1;
        format!("wamid.LOOKALIKE{wamid:06}")
    };
    for person in 0..120_u64 {
        let phone = format!("1555010{person:04}");
        let mut second = office_minute(&mut chance, 7) * 60 + chance.below(60);
        let exchanges = 1 + chance.below(4);
        for exchange in 0..exchanges {
            for n in 0..1 + chance.below(2) {
                let text = if exchange + n == 0 { chance.one_of(&QUESTIONS) } else { chance.one_of(&MORE) };
                let (kind, content) = match chance.below(12) {
                    0 => ("image", r#""image":{"id":"1","mime_type":"image/jpeg","sha256":"x"}"#.to_owned()),
                    _ => ("text", format!(r#""text":{{"body":"{text}"}}"#)),
                };
                let value = format!(
                    r#""contacts":[{{"profile":{{"name":"Customer {person}"}},"wa_id":"{phone}"}}],"messages":[{{"from":"{phone}","id":"{}","timestamp":"{second}","type":"{kind}",{content}}}]"#,
                    id()
                );
                bodies.push((second, value));
                second += 5 + chance.below(60);
            }
            second += chance.minutes(4) * 60;
            let answer = id();
            for (state, after) in [("sent", 0), ("delivered", 2), ("read", 5 + chance.below(600))] {
                let value = format!(
                    r#""statuses":[{{"id":"{answer}","status":"{state}","timestamp":"{}","recipient_id":"{phone}","pricing":{{"billable":false,"pricing_model":"PMP","type":"free_customer_service","category":"service"}}}}]"#,
                    second + after
                );
                bodies.push((second + after, value.clone()));
                // At least once: now and then the same comes again, later.
                if chance.below(25) == 0 {
                    bodies.push((second + after + 900, value));
                }
            }
            second += chance.minutes(3) * 60;
        }
    }
    bodies.sort_by_key(|(second, _)| *second);
    let mut out = String::new();
    for (_, value) in bodies {
        let _infallible = writeln!(
            out,
            r#"{{"object":"whatsapp_business_account","entry":[{{"id":"100","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"15550001111","phone_number_id":"200"}},{value}}}}}]}}]}}"#
        );
    }
    out
}

fn main() -> std::io::Result<()> {
    std::fs::write("data/recorded/incidents.csv", incidents())?;
    std::fs::write("data/recorded/webhooks.jsonl", webhooks())
}
