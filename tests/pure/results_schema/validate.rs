//! As much of a validator as this schema needs.

use serde_json::Value as Json;

/// Every place at which `value` is not as the schema says.
pub fn faults(schema: &Json, value: &Json) -> Vec<String> {
    let mut faults = Vec::new();
    check(schema, schema, value, "", &mut faults);
    faults
}

fn check(root: &Json, schema: &Json, value: &Json, at: &str, faults: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        check(root, root.pointer(&reference[1..]).unwrap(), value, at, faults);
    }
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = |one: &Json| {
            let mut faults = Vec::new();
            check(root, one, value, at, &mut faults);
            faults.is_empty()
        };
        if !any.iter().any(fits) {
            faults.push(format!("{at}: {value} is none of {any:?}"));
        }
    }
    if let Some(name) = schema["type"].as_str()
        && !is(value, name)
    {
        faults.push(format!("{at}: {value} is no {name}"));
    }
    if let Some(known) = schema["enum"].as_array()
        && !known.contains(value)
    {
        faults.push(format!("{at}: {value} is none of {known:?}"));
    }
    let members = value.as_object().into_iter().flatten();
    for (name, member) in members {
        let place = format!("{at}/{name}");
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(of), _) => check(root, of, member, &place, faults),
            (None, Json::Bool(false)) => faults.push(format!("{place}: unknown")),
            (None, Json::Null) => {}
            (None, of) => check(root, of, member, &place, faults),
        }
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str) {
        if value.get(name).is_none() {
            faults.push(format!("{at}: lacks {name}"));
        }
    }
    if !schema["items"].is_null() {
        let items = value.as_array().into_iter().flatten().enumerate();
        items.for_each(|(n, item)| check(root, &schema["items"], item, &format!("{at}/{n}"), faults));
    }
}

fn is(value: &Json, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "integer" => value.is_u64() || value.is_i64(),
        _ => value.is_number(),
    }
}
