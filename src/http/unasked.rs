//! Refusals nobody in our house wrote: what poem says about unknown paths, wrong methods and unreadable input, turned
//! into our problems. Everything not recognised is treated as broken.

use poem::{
    Error,
    error::{MethodNotAllowedError, NotFoundError, ReadBodyError},
};
use poem_openapi::error::{ContentTypeError, ParseParamError, ParsePathError, ParseRequestPayloadError};

use super::{
    body::BodyFault,
    error::Problem,
    faults::{self, sentence},
};
use crate::domain::{Fault, Reason, Refusal};

/// The problem behind an error that reached the edge.
pub(super) fn problem(error: &Error) -> Problem {
    if let Some(problem) = error.downcast_ref::<Problem>() {
        return problem.clone();
    }
    if let Some(fault) = body_fault(error) {
        return fault.into();
    }
    if error.is::<NotFoundError>() {
        return Problem::of(Reason::NotFound, "There is nothing at this address.");
    }
    if error.is::<MethodNotAllowedError>() {
        return Problem::of(
            Reason::MethodNotAllowed,
            "The `Allow` header says which methods work here.",
        );
    }
    if let Some(bad) = error.downcast_ref::<ParsePathError>() {
        // What is no id cannot name anything.
        return Problem::of(Reason::NotFound, sentence(&bad.reason));
    }
    if let Some(bad) = error.downcast_ref::<ParseParamError>() {
        return parameter(bad.name, &bad.reason);
    }
    if let Some(bad) = error.downcast_ref::<ParseRequestPayloadError>() {
        return faults::refusal(vec![faults::from_message(&bad.reason)]).into();
    }
    if let Some(bad) = error.downcast_ref::<ContentTypeError>() {
        return Problem::of(Reason::UnsupportedMediaType, sentence(&bad.to_string()));
    }
    match error.downcast_ref::<ReadBodyError>() {
        Some(ReadBodyError::PayloadTooLarge) => BodyFault::TooLarge.into(),
        Some(ReadBodyError::Utf8(_)) => Problem::of(Reason::InvalidRequest, "The body is not UTF-8."),
        Some(ReadBodyError::Io(_)) => Problem::of(Reason::InvalidRequest, "The body broke off."),
        Some(ReadBodyError::BodyHasBeenTaken) | None if error.status().is_server_error() => Problem::broken(error),
        Some(ReadBodyError::BodyHasBeenTaken) | None => Problem::of(reason_of(error), sentence(&error.to_string())),
    }
}

/// Our own counting body speaks through io errors, wrapped by whoever read it.
fn body_fault(error: &(dyn std::error::Error + 'static)) -> Option<BodyFault> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(fault) = error.downcast_ref::<BodyFault>() {
            return Some(*fault);
        }
        // An io error hides its payload from `source`: it shows what the payload's source is.
        next = match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inside) => Some(inside),
            None => error.source(),
        };
    }
    None
}

fn reason_of(error: &Error) -> Reason {
    match error.status().as_u16() {
        401 => Reason::Unauthenticated,
        403 => Reason::Forbidden,
        404 => Reason::NotFound,
        413 => Reason::PayloadTooLarge,
        415 => Reason::UnsupportedMediaType,
        _ => Reason::InvalidRequest,
    }
}

fn parameter(name: &str, reason: &str) -> Problem {
    let detail = sentence(reason);
    let fault = Fault::new(format!("/{name}"), "parameter", detail.clone());
    Refusal {
        faults: vec![fault],
        ..Refusal::new(Reason::InvalidRequest, format!("Parameter `{name}`: {detail}"))
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_becomes_its_problem() {
        let slow = ReadBodyError::Io(std::io::Error::other(std::io::Error::other(BodyFault::TooSlow)));
        let cases: [(Error, &str, u16); 9] = [
            (Problem::of(Reason::SlugTaken, "Taken.").into(), "slug-taken", 409),
            (NotFoundError.into(), "not-found", 404),
            (MethodNotAllowedError.into(), "method-not-allowed", 405),
            (
                ParseParamError {
                    name: "q",
                    reason: "no".into(),
                }
                .into(),
                "invalid-request",
                400,
            ),
            (
                ParseRequestPayloadError { reason: "no".into() }.into(),
                "invalid-request",
                400,
            ),
            (
                ContentTypeError::ExpectContentType.into(),
                "unsupported-media-type",
                415,
            ),
            (slow.into(), "request-timeout", 408),
            (ReadBodyError::PayloadTooLarge.into(), "payload-too-large", 413),
            (
                poem::error::InternalServerError(std::io::Error::other("x")),
                "internal",
                500,
            ),
        ];
        for (error, code, status) in cases {
            let problem = problem(&error);
            assert_eq!((problem.code(), problem.status().as_u16()), (code, status), "{error}");
        }
    }
}
