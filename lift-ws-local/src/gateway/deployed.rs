//! What of a running gateway a new build can change.

use crate::core::{Api, Manifest, ManifestError};
use crate::site::SiteId;

/// A stage, as it was at the start.
#[derive(Debug)]
pub(super) struct DeployedStage {
    pub(super) site: SiteId,
    pub(super) api: Api,
    pub(super) is_of_first_api: bool,
    /// The number of the function whose build tells its routes.
    pub(super) described_by: Option<usize>,
    /// The number of the function that gets jobs, should the API have some.
    pub(super) jobs: usize,
}

/// A function, as it was at the start.
#[derive(Debug)]
pub(super) struct DeployedFunction {
    pub(super) name: String,
    /// The first table of the APIs that it serves and does not describe.
    pub(super) table_of_others: Option<String>,
}

impl DeployedStage {
    /// The same stage by another manifest.
    pub(super) fn described_as(&self, manifest: &Manifest) -> Result<(SiteId, Api), ManifestError> {
        let mut api = self.api.clone();
        api.configure(manifest)?;
        // Those of the stage are not the manifest's to take away.
        for (name, value) in &self.api.stage_variables {
            api.stage_variables.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Ok((self.site, api))
    }
}
