//! A store in a bucket: how it is reached, and whether its server keeps the promise that commits
//! rest on.
//!
//! Settings come from the environment (`AWS_*`, `GOOGLE_*`, `AZURE_*`) and from the URL's query, in
//! which the same names are written without prefix; the query wins:
//!
//! ```text
//! s3://bucket/prefix?endpoint=http://localhost:9000&region=us-east-1
//! az://container/prefix?account_name=…        gs://bucket/prefix?service_account=…
//! ```

use std::str::FromStr;
use std::sync::Arc;

use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use object_store::gcp::{GoogleCloudStorageBuilder, GoogleConfigKey};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreScheme, PutMode, PutOptions};
use url::Url;

use crate::error::{Result, StoreError};
use crate::site::{Site, without_secrets};

/// Schemes of buckets. Of a web address nobody could tell which kind of server answers.
const SCHEMES: [&str; 8] = ["s3", "s3a", "gs", "az", "azure", "adl", "abfs", "abfss"];

/// What a store's URL may be.
const ACCEPTED: &str = "give a path, file:///PATH, memory://NAME, s3://BUCKET/PATH, \
                        gs://BUCKET/PATH or az://CONTAINER/PATH; a server is named as in \
                        s3://BUCKET/PATH?endpoint=http://HOST:PORT";

/// A bucket and the place in it.
pub(crate) struct Bucket {
    pub(crate) store: Arc<dyn ObjectStore>,
    pub(crate) root: Path,
    /// The URL without settings and credentials.
    pub(crate) url: Url,
    /// What tells the place from every other one: URL and endpoint.
    pub(crate) identity: String,
}

impl Bucket {
    /// Understands a bucket's URL. Nothing is sent yet.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let invalid =
            |reason: String| StoreError::InvalidUrl { url: without_secrets(text), reason };
        let full = Url::parse(text).map_err(|error| invalid(error.to_string()))?;
        if !SCHEMES.contains(&full.scheme()) {
            return Err(invalid(ACCEPTED.to_owned()));
        }
        let (scheme, root) =
            ObjectStoreScheme::parse(&full).map_err(|error| invalid(error.to_string()))?;
        let mut url = full.clone();
        url.set_query(None);
        url.set_fragment(None);
        let settings: Vec<(String, String)> = full
            .query_pairs()
            .map(|(key, value)| (key.to_ascii_lowercase(), value.into_owned()))
            .collect();
        let store = match scheme {
            ObjectStoreScheme::AmazonS3 => {
                let builder = AmazonS3Builder::from_env().with_url(url.as_str());
                let known = parsed::<AmazonS3ConfigKey>(&settings).map_err(invalid)?;
                let builder = known.into_iter().fold(builder, |b, (key, v)| b.with_config(key, v));
                builder.build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
            }
            ObjectStoreScheme::MicrosoftAzure => {
                let builder = MicrosoftAzureBuilder::from_env().with_url(url.as_str());
                let known = parsed::<AzureConfigKey>(&settings).map_err(invalid)?;
                let builder = known.into_iter().fold(builder, |b, (key, v)| b.with_config(key, v));
                builder.build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
            }
            ObjectStoreScheme::GoogleCloudStorage => {
                let builder = GoogleCloudStorageBuilder::from_env().with_url(url.as_str());
                let known = parsed::<GoogleConfigKey>(&settings).map_err(invalid)?;
                let builder = known.into_iter().fold(builder, |b, (key, v)| b.with_config(key, v));
                builder.build().map(|store| Arc::new(store) as Arc<dyn ObjectStore>)
            }
            _ => return Err(invalid(ACCEPTED.to_owned())),
        };
        let store = store.map_err(|error| invalid(error.to_string()))?;
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        let endpoint = settings.iter().find(|(key, _)| key.ends_with("endpoint"));
        let endpoint = endpoint.map_or("", |(_, endpoint)| endpoint.as_str());
        let identity = format!("{url}#{endpoint}");
        Ok(Self { store, root, url, identity })
    }
}

/// Looks the settings of a URL up among those that a kind of bucket has.
fn parsed<K: FromStr>(settings: &[(String, String)]) -> Result<Vec<(K, String)>, String> {
    let mut known = Vec::with_capacity(settings.len() + 1);
    for (name, value) in settings {
        let key = name.parse().map_err(|_| format!("there is no setting {name}"))?;
        known.push((key, value.clone()));
    }
    // Whoever names a plain endpoint means it.
    let is_plain =
        |(key, value): &(String, String)| key.ends_with("endpoint") && value.starts_with("http://");
    if settings.iter().any(is_plain)
        && !settings.iter().any(|(key, _)| key.ends_with("allow_http"))
        && let Ok(key) = "allow_http".parse()
    {
        known.push((key, "true".to_owned()));
    }
    Ok(known)
}

/// Tries whether the server refuses to create an object that is there. Commits rest on it: on a
/// server that ignores the condition, two writers overwrite each other's commits.
///
/// # Errors
/// [`StoreError::NoConditionalPut`] when it does not and other writers may come.
pub(crate) async fn probe_conditional_put(site: &Site, name: &str, exclusive: bool) -> Result<()> {
    let path = site.path(&format!("_store/probe/{name}"));
    let failed = |source| StoreError::object("write", path.to_string(), source);
    let create = || PutOptions::from(PutMode::Create);
    let mut honoured = false;
    for _ in 0..2 {
        match site.store.put_opts(&path, "probe".into(), create()).await {
            Ok(_) => {}
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => honoured = true,
            Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => {
                return Err(StoreError::NoConditionalPut { url: site.url.to_string() });
            }
            Err(source) => return Err(failed(source)),
        }
    }
    site.delete(&path).await?;
    if honoured || exclusive {
        return Ok(());
    }
    Err(StoreError::NoConditionalPut { url: site.url.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_a_url_reach_the_bucket_and_stay_out_of_its_name() {
        let url = "s3://bucket/some/prefix?endpoint=http://localhost:9000&region=eu-central-1\
                   &access_key_id=id&secret_access_key=hidden";
        let bucket = Bucket::parse(url).unwrap();
        assert_eq!(bucket.url.as_str(), "s3://bucket/some/prefix/");
        assert_eq!(bucket.root, Path::from("some/prefix"));
        assert!(!bucket.identity.contains("hidden") && bucket.identity.contains("9000"));
        let shown = format!("{:?}", bucket.store);
        assert!(shown.contains("http://localhost:9000/bucket"), "{shown}");
        assert!(shown.contains("eu-central-1") && !shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn a_setting_that_does_not_exist_is_named_and_its_value_is_not() {
        let error = Bucket::parse("s3://bucket/p?regoin=eu-central-1").err().unwrap();
        assert!(error.is_invalid_input());
        let shown = error.to_string();
        assert!(shown.contains("regoin") && !shown.contains("eu-central-1"), "{shown}");
    }

    #[test]
    fn other_schemes_are_refused_with_those_that_are_taken() {
        let hidden = format!("http://user:{}@localhost:9000/bucket?key=hidden", "hidden");
        for url in
            ["ftp://host/x", "http://localhost:9000/b", "https://b.s3.amazonaws.com/x", &hidden]
        {
            let error = Bucket::parse(url).err().unwrap();
            assert!(error.is_invalid_input());
            let shown = error.to_string();
            for scheme in ["file://", "memory://", "s3://", "gs://", "az://"] {
                assert!(shown.contains(scheme), "{shown}");
            }
            assert!(!shown.contains("hidden"), "{shown}");
        }
        for url in
            ["abfss://container@account.dfs.core.windows.net/x", "gs://bucket/x", "s3a://b/x"]
        {
            let error = Bucket::parse(url).err().map(|error| error.to_string());
            assert!(error.is_none_or(|error| !error.contains(ACCEPTED)), "{url}");
        }
    }
}
