//! From types as they stand in the source to definitions of a schema: what serde writes of them, and their comments.
//!
//! Types of other rooms than results and meter are what they are in a scenario, or packed, and are let through.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value as Json, json};
use syn::{Attribute, Fields, GenericArgument, Item, ItemEnum, ItemStruct, PathArguments, Type};

/// Files whose types are described.
const FILES: [&str; 15] = [
    "src/results/mod.rs",
    "src/results/measurement.rs",
    "src/results/verdict.rs",
    "src/results/environment.rs",
    "src/results/capacity.rs",
    "src/results/calibration.rs",
    "src/meter/tally.rs",
    "src/meter/traffic.rs",
    "src/meter/usage.rs",
    "src/meter/failure.rs",
    "src/meter/age.rs",
    "src/meter/reasons.rs",
    "src/plan/mod.rs",
    "src/scenario/search.rs",
    "src/results/check.rs",
];
/// Names that mean another type elsewhere: those of the files above are meant by their own file alone.
const ELSEWHERE: [(&str, &str); 2] = [("Source", "src/results/mod.rs"), ("Server", "src/results/verdict.rs")];

/// The definitions of every type that can be described.
pub fn definitions() -> Json {
    let mut all: BTreeMap<String, (String, Json)> = BTreeMap::new();
    let mut written: Vec<(String, String, String)> = Vec::new();
    for file in FILES {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        for item in syn::parse_file(&text).unwrap().items {
            let (name, attributes, schema) = match &item {
                Item::Struct(item) => (item.ident.to_string(), &item.attrs, structure(item)),
                Item::Enum(item) => (item.ident.to_string(), &item.attrs, enumeration(item)),
                _ => continue,
            };
            if !derives(attributes) || ELSEWHERE.iter().any(|(of, at)| *of == name && *at != file) {
                continue;
            }
            if let Some(into) = serde(attributes, "into") {
                written.push((name, into, file.to_owned()));
                continue;
            }
            // Private stand-ins share a name; each is known by its file.
            let name = if name == "Written" { format!("{name} {file}") } else { name };
            all.insert(name, (file.to_owned(), schema));
        }
    }
    for (name, into, file) in written {
        let stand_in = all.remove(&format!("{into} {file}")).map_or_else(|| json!({}), |(_, schema)| schema);
        all.insert(name, (file, stand_in));
    }
    let names: Vec<String> = all.keys().cloned().collect();
    let known = |schema: Json| resolved(schema, &names);
    all.into_iter().map(|(name, (_, schema))| (name, known(schema))).collect::<Map<_, _>>().into()
}

/// References to what is not described let everything through.
fn resolved(schema: Json, names: &[String]) -> Json {
    match schema {
        Json::Object(mut map) => {
            let unknown = map
                .get("$ref")
                .and_then(Json::as_str)
                .is_some_and(|reference| !names.iter().any(|name| reference.ends_with(&format!("/{name}"))));
            if unknown {
                map.remove("$ref");
            }
            map.into_iter().map(|(key, value)| (key, resolved(value, names))).collect::<Map<_, _>>().into()
        }
        Json::Array(list) => list.into_iter().map(|one| resolved(one, names)).collect(),
        other => other,
    }
}

fn structure(item: &ItemStruct) -> Json {
    let Fields::Named(fields) = &item.fields else {
        // A tuple of one is written as what is in it.
        return item.fields.iter().next().map_or_else(|| json!({}), |field| of(&field.ty));
    };
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in &fields.named {
        let name = field.ident.as_ref().unwrap().to_string();
        let name = serde(&field.attrs, "rename").unwrap_or(name);
        if has(&field.attrs, "skip") {
            continue;
        }
        let own = ["with", "serialize_with"].iter().any(|key| serde(&field.attrs, key).is_some());
        let mut schema = if own { json!({}) } else { of(&field.ty) };
        schema["description"] = doc(&field.attrs).into();
        properties.insert(name.clone(), schema);
        if !has(&field.attrs, "skip_serializing_if") && !has(&field.attrs, "default") {
            required.push(name);
        }
    }
    json!({
        "type": "object", "description": doc(&item.attrs), "properties": properties, "required": required,
        "additionalProperties": false,
    })
}

fn enumeration(item: &ItemEnum) -> Json {
    let kebab = serde(&item.attrs, "rename_all").is_some();
    let name = |variant: &syn::Variant| {
        let plain = variant.ident.to_string();
        serde(&variant.attrs, "rename").unwrap_or_else(|| if kebab { kebab_case(&plain) } else { plain })
    };
    let bare: Vec<String> =
        item.variants.iter().filter(|v| matches!(v.fields, Fields::Unit)).map(name).collect();
    let full = item.variants.iter().filter(|v| !matches!(v.fields, Fields::Unit)).map(|variant| {
        json!({ "type": "object", "properties": { name(variant): { "description": doc(&variant.attrs) } } })
    });
    let mut any: Vec<Json> = full.collect();
    any.extend((!bare.is_empty()).then(|| json!({ "type": "string", "enum": bare })));
    match &any[..] {
        [one] => {
            let mut one = one.clone();
            one["description"] = doc(&item.attrs).into();
            one
        }
        _ => json!({ "anyOf": any, "description": doc(&item.attrs) }),
    }
}

/// What serde writes of a type.
fn of(kind: &Type) -> Json {
    let Type::Path(path) = kind else {
        return if matches!(kind, Type::Array(_)) { json!({ "type": "array" }) } else { json!({}) };
    };
    let last = path.path.segments.last().unwrap();
    let inner: Vec<&Type> = match &last.arguments {
        PathArguments::AngleBracketed(list) => {
            let kinds = list.args.iter().filter_map(|argument| match argument {
                GenericArgument::Type(kind) => Some(kind),
                _ => None,
            });
            kinds.collect()
        }
        _ => vec![],
    };
    match &*last.ident.to_string() {
        "u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" => json!({ "type": "integer" }),
        "f64" => json!({ "type": "number" }),
        "bool" => json!({ "type": "boolean" }),
        "String" | "SocketAddr" | "Check" | "Metric" => json!({ "type": "string" }),
        "Option" => json!({ "anyOf": [of(inner[0]), { "type": "null" }] }),
        "Vec" => json!({ "type": "array", "items": of(inner[0]) }),
        "Box" | "Arc" => of(inner[0]),
        "BTreeMap" => json!({ "type": "object", "additionalProperties": of(inner[1]) }),
        name => json!({ "$ref": format!("#/$defs/{name}") }),
    }
}

fn derives(attributes: &[Attribute]) -> bool {
    tokens(attributes, "derive").contains("Serialize")
}

/// What stands in the brackets of all attributes of that name.
fn tokens(attributes: &[Attribute], name: &str) -> String {
    let ours = attributes.iter().filter(|attribute| attribute.path().is_ident(name));
    ours.filter_map(|attribute| Some(attribute.meta.require_list().ok()?.tokens.to_string() + ",")).collect()
}

fn has(attributes: &[Attribute], word: &str) -> bool {
    let text = tokens(attributes, "serde");
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|one| one == word)
}

/// The value of `word = "value"`.
fn serde(attributes: &[Attribute], word: &str) -> Option<String> {
    let text = tokens(attributes, "serde");
    let (_, rest) = text.split_once(&format!("{word} = \""))?;
    Some(rest.split_once('"')?.0.to_owned())
}

fn doc(attributes: &[Attribute]) -> String {
    let lines =
        attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| {
            let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
            let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else {
                return None;
            };
            Some(text.value().trim().to_owned())
        });
    let words: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
    words.join(" ").replace("[`", "`").replace("`]", "`")
}

fn kebab_case(name: &str) -> String {
    let mut kebab = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !kebab.is_empty() {
            kebab.push('-');
        }
        kebab.extend(c.to_lowercase());
    }
    kebab
}
