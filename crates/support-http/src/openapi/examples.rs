//! Puts real requests and their answers beside the operations: `assets/examples.json`, which is what a server answered when
//! `tests/it/examples` played them. Nothing is invented here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::Modify;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder};
use utoipa::openapi::{Content, OpenApi, RefOr};

/// By operation id, and there by the example's name.
type Recorded = BTreeMap<String, BTreeMap<String, Recording>>;

/// One request and its answer.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Recording {
    /// What happens in it.
    summary: String,
    /// What stood in the path and the query.
    #[serde(default)]
    parameters: Map<String, Value>,
    /// The body of the request, if it has one.
    request: Option<Value>,
    /// The status of the answer.
    status: u16,
    /// The body of the answer, if it is a text.
    answer: Option<Value>,
}

impl Recording {
    fn example(&self, value: &Value) -> RefOr<Example> {
        RefOr::T(ExampleBuilder::new().summary(self.summary.as_str()).value(Some(value.clone())).build())
    }
}

/// Adds all of them.
pub(super) struct RecordedExamples;

impl Modify for RecordedExamples {
    fn modify(&self, document: &mut OpenApi) {
        let recorded = serde_json::from_str::<Recorded>(include_str!("../assets/examples.json")).unwrap_or_default();
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch];
            for operation in operations.into_iter().flatten() {
                let of_operation = operation.operation_id.as_ref().and_then(|id| recorded.get(id));
                of_operation.into_iter().flatten().for_each(|(name, recording)| add(operation, name, recording));
            }
        }
    }
}

fn add(operation: &mut Operation, name: &str, recording: &Recording) {
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && let Some(value) = recording.parameters.get(&parameter.name)
        {
            *parameter = with_example(std::mem::take(parameter), value);
        }
    }
    if let (Some(RefOr::T(body)), Some(value)) = (&mut operation.request_body, &recording.request)
        && let Some(RefOr::T(content)) = body.content.values_mut().next()
    {
        insert(content, name, recording.example(value), value);
    }
    // A file is described once for each of its types; the one that was played, a PDF, stands last.
    if let Some(RefOr::T(response)) = operation.responses.responses.get_mut(&recording.status.to_string())
        && let Some(value) = &recording.answer
        && let Some(RefOr::T(content)) = response.content.values_mut().last()
    {
        insert(content, name, recording.example(value), value);
    }
}

fn with_example(parameter: Parameter, value: &Value) -> Parameter {
    ParameterBuilder::from(parameter).example(Some(value.clone())).build()
}

/// The same body twice would tell nothing.
fn insert(content: &mut Content, name: &str, example: RefOr<Example>, value: &Value) {
    let is_known =
        content.examples.values().any(|one| matches!(one, RefOr::T(one) if one.value.as_ref() == Some(value)));
    if !is_known {
        content.examples.insert(name.to_owned(), example);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_recorded_can_be_read() {
        serde_json::from_str::<Recorded>(include_str!("../assets/examples.json")).expect("the recorded examples");
    }
}
