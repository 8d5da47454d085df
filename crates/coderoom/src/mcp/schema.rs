//! JSON schemas as every client takes them, and arguments as models write them.
//!
//! Clients hand tool schemas on to model APIs that know a subset of JSON Schema: no references, no
//! lists of types, no formats of their own. What is simplified away means the same to us: a null is
//! the same as nothing.

use schemars::Schema;
use serde_json::{Map, Value, json};

/// A JSON object.
pub(super) type Object = Map<String, Value>;

/// References inside references beyond this are cut: no definition of ours is that deep.
const MAX_DEPTH: usize = 16;
/// Keywords that only cost tokens, or that some client refuses.
const DROPPED: [&str; 6] = ["$schema", "$defs", "title", "format", "default", "examples"];

/// The schema of an object without references, nulls, titles and defaults.
pub(super) fn portable(schema: &Schema) -> Object {
    let root = schema.as_value();
    let mut object = match simplified(root, &root["$defs"], 0) {
        Value::Object(object) => object,
        _ => Object::new(),
    };
    // The tool's own description says it better.
    object.remove("description");
    object.entry("type").or_insert_with(|| json!("object"));
    object.entry("properties").or_insert_with(|| json!({}));
    object
}

/// `arguments` as the schema wants them: nulls left out, and one word where a list is wanted made a
/// list of one. Models write both, whatever the schema says.
pub(super) fn fitted(mut arguments: Object, schema: &Object) -> Object {
    arguments.retain(|_, value| !value.is_null());
    for (name, value) in &mut arguments {
        let wanted = schema.get("properties").and_then(|properties| properties.get(name));
        if value.is_string() && wanted.is_some_and(|wanted| wanted["type"] == "array") {
            *value = Value::Array(vec![value.take()]);
        }
    }
    arguments
}

/// A reply without its nulls: the schema does not mention them.
pub(super) fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let kept = object.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

fn simplified(schema: &Value, definitions: &Value, depth: usize) -> Value {
    let Value::Object(object) = schema else { return schema.clone() };
    if depth > MAX_DEPTH {
        return json!({});
    }
    let mut result = resolved(object, definitions, depth);
    for (keyword, value) in object {
        let value = match &keyword[..] {
            "$ref" | "oneOf" | "anyOf" => continue,
            keyword if DROPPED.contains(&keyword) => continue,
            "type" => without_null_type(value),
            "description" => one_line(value),
            "properties" => each_property(value, definitions, depth + 1),
            _ => simplified(value, definitions, depth + 1),
        };
        result.insert(keyword.clone(), value);
    }
    Value::Object(result)
}

/// What the schema stands for beside its own keywords: its reference's target, or its alternatives.
fn resolved(object: &Object, definitions: &Value, depth: usize) -> Object {
    let target = object.get("$ref").and_then(Value::as_str).map(|reference| {
        simplified(
            &definitions[reference.rsplit('/').next().unwrap_or_default()],
            definitions,
            depth + 1,
        )
    });
    if let Some(Value::Object(target)) = target {
        return target;
    }
    let mut result = Object::new();
    for keyword in ["oneOf", "anyOf"] {
        let Some(Value::Array(alternatives)) = object.get(keyword) else { continue };
        let mut alternatives: Vec<Value> = alternatives
            .iter()
            .filter(|alternative| alternative["type"] != "null")
            .map(|alternative| simplified(alternative, definitions, depth + 1))
            .collect();
        if let Some(words) = words(&alternatives) {
            result.insert("type".into(), json!("string"));
            result.insert("enum".into(), words);
        } else if let [Value::Object(only)] = &mut alternatives[..] {
            result.append(only);
        } else {
            result.insert(keyword.into(), Value::Array(alternatives));
        }
    }
    result
}

/// The list of words, if every alternative is one.
fn words(alternatives: &[Value]) -> Option<Value> {
    let mut words = Vec::new();
    for alternative in alternatives {
        match (alternative.get("const"), alternative.get("enum")) {
            (Some(word @ Value::String(_)), _) => words.push(word.clone()),
            (None, Some(Value::Array(several))) => words.extend_from_slice(several),
            _ => return None,
        }
    }
    (!words.is_empty()).then_some(Value::Array(words))
}

/// Where a comment's lines were broken says nothing.
fn one_line(text: &Value) -> Value {
    text.as_str().map_or_else(|| text.clone(), |text| text.replace('\n', " ").into())
}

fn without_null_type(types: &Value) -> Value {
    let Value::Array(several) = types else { return types.clone() };
    let rest: Vec<&Value> = several.iter().filter(|name| *name != "null").collect();
    match rest[..] {
        [only] => only.clone(),
        _ => json!(rest),
    }
}

/// Properties are names, not keywords: one may be called `title`.
fn each_property(properties: &Value, definitions: &Value, depth: usize) -> Value {
    let properties = properties.as_object().into_iter().flatten();
    let simplified =
        properties.map(|(name, schema)| (name.clone(), simplified(schema, definitions, depth)));
    Value::Object(simplified.collect())
}

#[cfg(test)]
mod tests {
    use schemars::{JsonSchema, schema_for};
    use serde_json::{Value, json};

    use super::{fitted, portable};

    /// Doc.
    #[derive(JsonSchema)]
    #[allow(dead_code)]
    #[serde(default, deny_unknown_fields)]
    #[derive(Default)]
    struct Params {
        /// At
        /// most.
        limit: Option<u64>,
        title: String,
        /// How.
        mode: Mode,
        parts: Vec<Part>,
        maybe: Option<Part>,
    }

    #[derive(Default, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    #[allow(dead_code)]
    enum Mode {
        /// One.
        #[default]
        One,
        /// Two.
        TwoWords,
    }

    #[derive(Default, JsonSchema)]
    #[allow(dead_code)]
    #[derive(serde::Serialize)]
    struct Part {
        path: String,
    }

    impl serde::Serialize for Params {
        fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
            to.serialize_unit()
        }
    }

    #[test]
    fn schemas_use_the_subset_that_every_client_takes() {
        let part = json!({
            "type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"],
        });
        let expected = json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "limit": {"type": "integer", "minimum": 0, "description": "At most."},
                "title": {"type": "string"},
                "mode": {"type": "string", "enum": ["one", "two_words"], "description": "How."},
                "parts": {"type": "array", "items": part},
                "maybe": part,
            },
        });
        assert_eq!(Value::Object(portable(&schema_for!(Params))), expected);
    }

    #[test]
    fn arguments_are_read_as_they_were_meant() {
        let schema = portable(&schema_for!(Params));
        let Value::Object(given) = json!({"limit": null, "parts": "a", "title": "b"}) else {
            return;
        };
        assert_eq!(Value::Object(fitted(given, &schema)), json!({"parts": ["a"], "title": "b"}));
    }
}
