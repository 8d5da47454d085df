//! The reference page: every operation with its parameters, made from the definitions.

use std::fmt::Write;

use serde_json::{Value, json};

use super::TABLE;

/// All operations with their schemas, as one JSON document.
pub fn json() -> String {
    let operations: Vec<Value> = TABLE
        .iter()
        .map(|entry| {
            json!({
                "name": entry.name,
                "title": entry.title,
                "description": entry.description,
                "mcp": entry.for_agents,
                "params": (entry.params_schema)(),
                "reply": (entry.reply_schema)(),
            })
        })
        .collect();
    format!("{:#}\n", Value::Array(operations))
}

/// The page in `docs/operations.md`.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Operations\n\nMade by `coderoom operations` from the definitions; do not edit.\n\n\
         Each is a JSON-RPC 2.0 method on the Unix socket and `POST /v1/NAME` over HTTP; those marked \
         MCP are tools for agents too.\n",
    );
    for entry in TABLE {
        let mcp = if entry.for_agents { " (MCP)" } else { "" };
        // Writing to a string cannot fail.
        let _ = write!(page, "\n## `{}`{mcp}\n\n{}\n\n", entry.name, entry.description);
        fields(&mut page, "Parameters", (entry.params_schema)().as_value());
        fields(&mut page, "Reply", (entry.reply_schema)().as_value());
    }
    page
}

fn fields(page: &mut String, title: &str, schema: &Value) {
    let Some(properties) = schema["properties"].as_object() else { return };
    if properties.is_empty() {
        return;
    }
    let _ = write!(page, "{title}:\n\n| name | type | meaning |\n| --- | --- | --- |\n");
    for (name, property) in properties {
        let meaning = property["description"].as_str().unwrap_or_default().replace('\n', " ");
        let _ = writeln!(page, "| `{name}` | {} | {meaning} |", type_of(property));
    }
    page.push('\n');
}

/// A schema's type in a word.
fn type_of(property: &Value) -> String {
    match (&property["type"], property["$ref"].as_str()) {
        (Value::String(name), _) if name == "array" => {
            format!("list of {}", type_of(&property["items"]))
        }
        (Value::String(name), _) => name.clone(),
        (Value::Array(names), _) => {
            let names: Vec<&str> =
                names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect();
            names.join(" or ")
        }
        (_, Some(reference)) => {
            format!("`{}`", reference.rsplit('/').next().unwrap_or_default())
        }
        _ => "one of the words below".into(),
    }
}
