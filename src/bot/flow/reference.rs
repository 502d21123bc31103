//! The reference of the flow language (`docs/flow.md`), written from its types.

use super::raw::RawFlow;
use serde_json::Value;
use std::fmt::Write;

const INTRODUCTION: &str = "\
# The flow file

A bot as people draw it, in TOML. `helpsim bot ask FLOW` talks to it, `helpsim bot test FLOW CASES` tests it,
`helpsim bot graph FLOW` draws it, `helpsim bot import EXPORT -o FLOW` makes one of a bot built elsewhere, and a
scenario runs it with `[bot] flow = \"FLOW\"`. This page is written from the types by a test, and
`docs/flow.schema.json` says the same to an editor.

## How a message is read

In this order; the first that applies decides, and `helpsim bot ask --why` says which it was:

1. words that go to a person at once, then words that ask for a person (`[hand_off]`);
2. an answer to what is open: an entry of the menu (its key, its number in words, its text with a typing error or
   two, one of its words), a valid value for the slot, yes or no;
3. keywords, by `priority`, then by length, then by their order;
4. what the recogniser makes of it: a phrase of an intent word for word, else the linear model; a topic with fewer
   than ten phrases is also found by the words of its answer. While a value is asked for, or yes or no, another
   topic interrupts only if most of the message's words, and not only short ones, stand in its phrases;
5. otherwise it is a failed attempt. The count starts anew with the next message that is understood
   (`count = \"in_a_row\"`); a clarifying question neither counts nor resets it; a wrong number in a menu counts.
   At `max_attempts` a person takes over.

The customer's first message is read like any other, so who asks at once is answered at once; what is not
understood then opens the `start` step and is no failed attempt.

## Texts

A text is a string, a list of strings (several messages), or a table of them by language:
`{ es = \"Hola\", pt = [\"Oi\", \"Tudo bem?\"] }`. `{name}` is the customer's name, `{slot}` a value that was asked for,
`{table.column}` a value that was looked up, `{topic}` what the customer was understood to want; `{name|there}` has
a word for when it is empty; `{{` is a brace. The language is the one the customer is known to speak, or the one
his first message shows by the flow's own words.

## Steps

A step says something and then does exactly one thing: `menu`, `ask`, `look_up`, `branch`, `confirm`, `listen`, `go`,
`hand_off` or `end`.

```toml
[step.ask_order]
say = \"Which order?\"
ask = \"order\"                     # a slot; a value given before is not asked for again
go = \"find\"

[step.find]
look_up = { table = \"orders\", by = \"order\", found = \"state\", missing = \"none\" }

[step.state]
say = \"It is {orders.status}.\"
answers = \"order_status\"          # the scenario's intent that is met here
go = \"helped\"

[step.helped]
say = \"Did that help?\"
confirm = { yes = \"bye\", no = \"person\" }
```

A scenario's `[bot] max_attempts`, `time_limit` and `session_time_out` replace the flow's own where they are written.

## What is checked when a flow is loaded

| code | what |
| --- | --- |
| HS0600 | the file cannot be read, or is not of this shape |
| HS0601, HS0602 | there is no such step; no such slot, variable or column |
| HS0603 | a text is empty, or a brace is opened and not closed |
| HS0604 | a step does nothing, or several things at once: a dead end |
| HS0605 | a text, a button or a list is over WhatsApp's limits |
| HS0606 | a translation is missing; nothing is said when a message is not understood |
| HS0607 | no conversation reaches a step |
| HS0608 | steps follow each other for ever without waiting for the customer |
| HS0609 | a customer who answers every question never gets out |
| HS0610 | a keyword that another one always wins over |
| HS0611 | a file of phrases cannot be read |
| HS0612 | a duration, share, link or condition that is none |
| HS0613 | a slot's pattern or values |
| HS0614 | a table |
| HS0615 | a name is used twice |
| HS0616 | the recogniser has nothing to learn by |
| HS0617 | a language the flow does not speak |
";

/// The schema of a flow file, as text.
pub fn schema() -> String {
    format!("{:#}\n", schemars::schema_for!(RawFlow).as_value())
}

/// The page.
pub fn markdown() -> String {
    let root = schemars::schema_for!(RawFlow).to_value();
    let mut page = format!("{INTRODUCTION}\n## The file\n");
    section(&root, &root, "", &mut page);
    page
}

/// What a reference stands for, and what an optional value is if it is there.
fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let mut at = schema;
    for _ in 0..8 {
        let target = at.get("$ref").and_then(Value::as_str).and_then(|r| root.pointer(r.strip_prefix('#')?));
        let choices = at.get("anyOf").or(at.get("allOf")).and_then(Value::as_array);
        let present = choices.and_then(|c| c.iter().find(|v| v.get("type") != Some(&Value::from("null"))));
        match target.or(present.filter(|_| !is_text(at))) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

fn is_text(schema: &Value) -> bool {
    schema
        .get("description")
        .and_then(Value::as_str)
        .is_some_and(|d| d.starts_with("A string, a list of strings"))
}

fn section(root: &Value, schema: &Value, heading: &str, page: &mut String) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    page.push_str("\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
    let mut inner: Vec<(String, &Value)> = Vec::new();
    for (key, property) in properties {
        let of = resolved(root, property);
        let default = match property.get("default") {
            _ if required.contains(&key.as_str()) => "required".to_owned(),
            Some(default @ (Value::String(_) | Value::Number(_) | Value::Bool(_))) => format!("`{default}`"),
            _ => "–".to_owned(),
        };
        let told =
            property.get("description").or(of.get("description")).and_then(Value::as_str).unwrap_or("");
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "| `{key}` | {} | {default} | {} |",
            value_of(root, of).replace('|', "\\|"),
            told.replace('\n', " ").replace('|', "\\|")
        );
        let name = if heading.is_empty() { key.clone() } else { format!("{heading}.{key}") };
        for (table, name) in [
            (Some(of), name.clone()),
            (of.get("items").map(|items| resolved(root, items)), format!("[{name}]")),
            (of.get("additionalProperties").map(|more| resolved(root, more)), format!("{name}.NAME")),
        ] {
            if let Some(table) = table.filter(|t| t.get("properties").is_some()) {
                inner.push((name, table));
            }
        }
    }
    for (name, table) in inner {
        let _ = writeln!(page, "\n### `[{name}]`");
        if let Some(told) = table.get("description").and_then(Value::as_str) {
            let _ = writeln!(page, "\n{told}");
        }
        section(root, table, &name, page);
    }
}

/// What a key holds, in words.
fn value_of(root: &Value, schema: &Value) -> String {
    if is_text(schema) {
        return "text, by language or not".to_owned();
    }
    let word = |value: &Value| {
        value.get("const").or(Some(value)).and_then(Value::as_str).map(|w| format!("`\"{w}\"`"))
    };
    let words = schema.get("oneOf").or(schema.get("enum")).and_then(Value::as_array);
    if let Some(words) =
        words.map(|list| list.iter().filter_map(word).collect::<Vec<_>>()).filter(|w| !w.is_empty())
    {
        return words.join(", ");
    }
    let kind = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|k| *k != "null"),
        other => other.and_then(Value::as_str),
    };
    match kind {
        Some("array") => {
            let items = schema.get("items").map(|items| value_of(root, resolved(root, items)));
            format!("list of {}", items.unwrap_or_default().replace("table", "tables"))
        }
        Some("object") if schema.get("properties").is_some() => "table".to_owned(),
        Some("object") => {
            let of = schema.get("additionalProperties").map(|more| value_of(root, resolved(root, more)));
            format!("by name: {}", of.unwrap_or_default())
        }
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("number") => "number".to_owned(),
        _ => "string".to_owned(),
    }
}
