//! The object stores of clouds. Credentials come from the environment, under the names that the clouds' own tools use; they
//! are never part of the URL.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use object_store::ObjectStore;
use object_store::path::Path;
use object_store::signer::{Method, Signer};
use url::Url;

use crate::files::{FilesError, LinkSource};
use crate::place::Place;

type Opened = (Arc<dyn ObjectStore>, Arc<dyn LinkSource>);

/// A store that signs links by itself.
#[derive(Debug)]
struct Signed<S>(Arc<S>);

#[async_trait]
impl<S: Signer> LinkSource for Signed<S> {
    async fn link(&self, path: &str, life: Duration) -> Result<String, FilesError> {
        let path = Path::parse(path).map_err(|_| FilesError::Gone)?;
        Ok(self.0.signed_url(Method::GET, &path, life).await?.to_string())
    }
}

fn both<S: ObjectStore + Signer>(store: object_store::Result<S>) -> Result<Opened, FilesError> {
    // The library's text may quote the configuration.
    let told_too_little = |_| FilesError::Place("its environment does not say enough, or says it wrongly".to_owned());
    let store = Arc::new(store.map_err(told_too_little)?);
    Ok((Arc::clone(&store) as Arc<dyn ObjectStore>, Arc::new(Signed(store))))
}

/// Opens the store of that place.
pub(crate) fn open(place: &Place, url: &Url) -> Result<Opened, FilesError> {
    // The client asks rustls for cryptography that somebody has to have chosen; it may have been, for the client of NATS.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match place {
        #[cfg(feature = "s3")]
        Place::S3(_) => both(object_store::aws::AmazonS3Builder::from_env().with_url(url.as_str()).build()),
        #[cfg(feature = "gcs")]
        Place::Gcs(_) => both(object_store::gcp::GoogleCloudStorageBuilder::from_env().with_url(url.as_str()).build()),
        #[cfg(feature = "azure")]
        Place::Azure(_) => both(object_store::azure::MicrosoftAzureBuilder::from_env().with_url(url.as_str()).build()),
        _ => Err(FilesError::Place(crate::InvalidPlace::NotBuilt.to_string())),
    }
}
