//! The JSON schema of the scenario language, made from the raw types. It is the one description of
//! the language's shape: editors read it, the reference is written from it, and [`super::walk`] checks
//! files against it.

use super::raw::Scenario;
use schemars::generate::SchemaSettings;
use serde_json::Value;

/// Draft 7, which every TOML language server understands.
pub fn value() -> Value {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<Scenario>().to_value();
    schema["title"] = "helpsim scenario".into();
    without_null(&mut schema);
    schema
}

/// The schema as it is kept in `docs/scenario.schema.json`.
pub fn text() -> String {
    format!("{:#}\n", value())
}

/// TOML has no null: what may be left out is not there.
fn without_null(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("default").is_some_and(Value::is_null) {
                object.remove("default");
            }
            if let Some(Value::Array(types)) = object.get_mut("type") {
                types.retain(|t| t != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            for combination in ["anyOf", "oneOf"] {
                let Some(Value::Array(alternatives)) = object.get_mut(combination) else { continue };
                alternatives.retain(|alternative| alternative["type"] != "null");
                if let [only] = alternatives.as_slice() {
                    let only = only.clone();
                    object.remove(combination);
                    object.insert("allOf".to_owned(), Value::Array(vec![only]));
                }
            }
            object.values_mut().for_each(without_null);
        }
        Value::Array(items) => items.iter_mut().for_each(without_null),
        _ => {}
    }
}
