//! The shapes of an exchange: what is posted, and how the answer is read.
//!
//! | shape | posted | answered |
//! |---|---|---|
//! | generic | `{"session", "text", "language"}`, or `"media"` in place of text | `{"replies": ["…"]}` with, if it likes, `"choices"`, `"intent"`, `"confidence"`, `"understood"`, `"hand_off"`, `"solved"`, `"ended"` |
//! | Rasa's REST channel | `{"sender", "message"}` | `[{"text", "buttons": [{"title"}], "custom": {"hand_off"}}]` |
//! | Dialogflow's detectIntent | `{"queryInput": {"text": {"text", "languageCode"}}}` | `{"queryResult": {…}}` of ES or CX |

use super::{Reply, Say, Shape};
use serde_json::{Value, json};

/// More messages or choices than this in one answer are not read.
const MAX_REPLIES: usize = 50;

impl Shape {
    /// By the word used in scenarios.
    pub fn from_word(word: &str) -> Option<Shape> {
        match word {
            "generic" => Some(Shape::Generic),
            "rasa" => Some(Shape::Rasa),
            "dialogflow" => Some(Shape::Dialogflow),
            _ => None,
        }
    }

    /// What is posted; `None` where the shape has no place for it.
    pub(super) fn request(self, session: &str, language: &str, say: Say<'_>) -> Option<Value> {
        Some(match (self, say) {
            (Shape::Generic, Say::Text(text)) => {
                json!({ "session": session, "language": language, "text": text })
            }
            (Shape::Generic, Say::Media(kind)) => {
                json!({ "session": session, "language": language, "media": kind })
            }
            (Shape::Rasa, Say::Text(text)) => json!({ "sender": session, "message": text }),
            (Shape::Dialogflow, Say::Text(text)) => {
                json!({ "queryInput": { "text": { "text": text, "languageCode": language }, "languageCode": language } })
            }
            (Shape::Rasa | Shape::Dialogflow, Say::Media(_)) => return None,
        })
    }

    pub(super) fn reply(self, answer: &str) -> Result<Reply, String> {
        let answer: Value =
            serde_json::from_str(answer).map_err(|why| format!("the answer is not JSON: {why}"))?;
        let reply = match self {
            Shape::Generic => generic(&answer),
            Shape::Rasa => rasa(&answer),
            Shape::Dialogflow => dialogflow(&answer),
        };
        let mut reply = reply.ok_or_else(|| "the answer has not the shape it should have".to_owned())?;
        reply.texts.truncate(MAX_REPLIES);
        reply.choices.truncate(MAX_REPLIES);
        Ok(reply)
    }
}

fn strings(list: &Value) -> Option<Vec<String>> {
    list.as_array()?.iter().map(|t| t.as_str().map(str::to_owned)).collect()
}

fn word(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

/// The words of a list of objects under one key: `[{"title": "…"}]`.
fn titles(list: Option<&Value>, key: &str) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(|item| word(item, key)).collect()
}

/// True, or a reason, is a hand-off.
fn reason(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::Bool(true)) => Some("bot".to_owned()),
        Some(Value::String(reason)) if !reason.is_empty() => Some(reason.clone()),
        _ => None,
    }
}

fn generic(answer: &Value) -> Option<Reply> {
    let flag = |key: &str| answer.get(key).and_then(Value::as_bool);
    Some(Reply {
        texts: strings(answer.get("replies")?)?,
        choices: answer.get("choices").and_then(strings).unwrap_or_default(),
        intent: word(answer, "intent"),
        confidence: answer.get("confidence").and_then(Value::as_f64),
        hand_off: reason(answer.get("hand_off")),
        solved: flag("solved").unwrap_or(false),
        ended: flag("ended").unwrap_or(false),
        incomplete: false,
        not_understood: flag("understood") == Some(false),
    })
}

fn rasa(answer: &Value) -> Option<Reply> {
    let messages = answer.as_array()?;
    if !messages.iter().all(Value::is_object) {
        return None;
    }
    // The REST channel knows neither intent nor hand-off; bots tell them in a custom message.
    let custom = || messages.iter().filter_map(|m| m.get("custom"));
    Some(Reply {
        texts: messages.iter().filter_map(|m| word(m, "text")).filter(|t| !t.is_empty()).collect(),
        choices: messages.iter().flat_map(|m| titles(m.get("buttons"), "title")).collect(),
        intent: custom().find_map(|c| word(c, "intent")),
        confidence: custom().find_map(|c| c.get("confidence").and_then(Value::as_f64)),
        hand_off: custom().find_map(|c| reason(c.get("hand_off").or(c.get("handoff")))),
        solved: custom().any(|c| c.get("solved").and_then(Value::as_bool) == Some(true)),
        ..Reply::default()
    })
}

fn dialogflow(answer: &Value) -> Option<Reply> {
    let result = answer.get("queryResult")?;
    let messages =
        result.get("fulfillmentMessages").or(result.get("responseMessages")).and_then(Value::as_array);
    let mut reply = Reply::default();
    for message in messages.into_iter().flatten() {
        if let Some(texts) = message.get("text").and_then(|t| t.get("text")).and_then(strings) {
            reply.texts.extend(texts.into_iter().filter(|t| !t.is_empty()));
        }
        if message.get("liveAgentHandoff").is_some() {
            reply.hand_off = Some("live agent".to_owned());
        }
        reply.ended |= message.get("endInteraction").is_some();
        let quick = message.get("quickReplies");
        reply.choices.extend(quick.and_then(|q| q.get("quickReplies")).and_then(strings).unwrap_or_default());
        reply.texts.extend(quick.and_then(|q| word(q, "title")));
        let suggestions = message.get("suggestions").and_then(|s| s.get("suggestions"));
        reply.choices.extend(titles(suggestions, "title"));
    }
    if reply.texts.is_empty() {
        reply.texts.extend(word(result, "fulfillmentText").filter(|t| !t.is_empty()));
    }
    // ES marks its fallback intents; CX says what kind of match it was.
    let matched = result.get("match");
    let intent = matched.and_then(|m| m.get("intent")).or(result.get("intent"));
    reply.intent = intent.and_then(|i| word(i, "displayName"));
    reply.not_understood = intent.and_then(|i| i.get("isFallback")).and_then(Value::as_bool) == Some(true)
        || matched.and_then(|m| word(m, "matchType")).is_some_and(|kind| kind == "NO_MATCH");
    reply.confidence = result
        .get("intentDetectionConfidence")
        .or(matched.and_then(|m| m.get("confidence")))
        .and_then(Value::as_f64);
    reply.incomplete = result.get("allRequiredParamsPresent").and_then(Value::as_bool) == Some(false);
    let ends = result.get("diagnosticInfo").and_then(|d| d.get("end_conversation")).and_then(Value::as_bool);
    reply.ended |= ends == Some(true);
    Some(reply)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_posted_has_the_shape_of_its_bot() {
        let text = Say::Text("hola");
        let posted = |shape: Shape, say| shape.request("s1", "es", say).map(|v| v.to_string());
        assert_eq!(posted(Shape::Rasa, text).as_deref(), Some(r#"{"message":"hola","sender":"s1"}"#));
        assert_eq!(
            posted(Shape::Generic, text).as_deref(),
            Some(r#"{"language":"es","session":"s1","text":"hola"}"#)
        );
        assert!(posted(Shape::Dialogflow, text).is_some_and(|p| p.contains(r#""text":"hola""#)));
        assert!(
            posted(Shape::Generic, Say::Media("image")).is_some_and(|p| p.contains(r#""media":"image""#))
        );
        assert_eq!(posted(Shape::Rasa, Say::Media("image")), None);
    }

    #[test]
    fn what_a_bot_says_beside_its_texts_is_read() {
        let rasa = Shape::Rasa
            .reply(r#"[{"text": "Which?", "buttons": [{"title": "Sizes", "payload": "/s"}]}, {"custom": {"intent": "faq"}}]"#)
            .unwrap();
        assert_eq!((rasa.choices, rasa.intent.as_deref()), (vec!["Sizes".to_owned()], Some("faq")));
        let es = Shape::Dialogflow
            .reply(r#"{"queryResult": {"fulfillmentText": "Sorry?", "intent": {"displayName": "Default Fallback Intent", "isFallback": true}}}"#)
            .unwrap();
        assert!(es.not_understood && es.texts == ["Sorry?"]);
        let cx = Shape::Dialogflow
            .reply(r#"{"queryResult": {"responseMessages": [{"text": {"text": ["Bye"]}}, {"liveAgentHandoff": {}}], "match": {"matchType": "INTENT", "intent": {"displayName": "help"}, "confidence": 0.8}}}"#)
            .unwrap();
        assert_eq!(
            (cx.hand_off.is_some(), cx.intent.as_deref(), cx.confidence),
            (true, Some("help"), Some(0.8))
        );
        let own = Shape::Generic.reply(r#"{"replies": [], "understood": false, "hand_off": false}"#).unwrap();
        assert!(own.not_understood && own.hand_off.is_none());
        for rubbish in ["", "null", "[1]", "\"hi\"", "{\"replies\": [1]}"] {
            for shape in [Shape::Generic, Shape::Rasa, Shape::Dialogflow] {
                assert!(shape.reply(rubbish).is_err(), "{shape:?}: {rubbish}");
            }
        }
    }
}
