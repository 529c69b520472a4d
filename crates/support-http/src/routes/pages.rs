//! The files of the pages that are in the binary, and how browsers get them: with the page's own policy, and asked for again
//! each time, so that a new version is seen at once.

use std::hash::{DefaultHasher, Hasher};

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETag, EntityTag, Header, IfNoneMatch,
};
use actix_web::{HttpRequest, HttpResponse};

pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const CSS: &str = "text/css; charset=utf-8";
pub(super) const SCRIPT: &str = "text/javascript; charset=utf-8";
pub(super) const SVG: &str = "image/svg+xml";

/// A file of a page.
pub(super) struct Asset {
    pub(super) name: &'static str,
    pub(super) content_type: &'static str,
    pub(super) text: &'static str,
}

/// The file, or that the browser has it already.
pub(super) fn answer(request: &HttpRequest, asset: &Asset, policy: &'static str) -> HttpResponse {
    let mut hasher = DefaultHasher::new();
    hasher.write(asset.text.as_bytes());
    let tag = EntityTag::new_strong(format!("{:016x}", hasher.finish()));
    let is_known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Items(known)) => known.iter().any(|known| known.weak_eq(&tag)),
        Ok(IfNoneMatch::Any) | Err(_) => false,
    };
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header(ETag(tag)).insert_header((CACHE_CONTROL, "no-cache"));
    response.insert_header((CONTENT_SECURITY_POLICY, policy));
    if is_known {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, asset.content_type)).body(asset.text)
}
