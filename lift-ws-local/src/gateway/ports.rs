//! The ports, and the stages that are served on them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};

use super::deployed::DeployedStage;
use super::driver::Destinations;
use super::plan::ApiPlan;
use super::{LocalGatewayBuilder, ServedApi, StartError};
use crate::core::Api;
use crate::dev_page;
use crate::site::SiteId;
use crate::transport::{ANY_STAGE, WebFolder};

/// An API and the port that it is served on.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) api: ApiPlan,
    pub(super) is_first: bool,
    pub(super) address: SocketAddr,
    pub(super) listener: TcpListener,
    pub(super) web: Option<WebFolder>,
}

impl Port {
    pub(super) fn served(&self) -> ServedApi {
        ServedApi {
            name: self.api.name.clone(),
            address: self.address,
            api_id: self.api.api_id.clone(),
            stages: self.api.stages.iter().map(|(_, stage)| stage.name.clone()).collect(),
        }
    }
}

/// A stage that is about to be served.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) address: SocketAddr,
    pub(super) destinations: Destinations,
    pub(super) deployed: DeployedStage,
}

impl Site {
    pub(super) fn api(&self) -> &Api {
        &self.deployed.api
    }
}

impl LocalGatewayBuilder {
    /// Listens on the port of each API.
    pub(super) fn listen(&self, apis: Vec<ApiPlan>) -> Result<Vec<Port>, StartError> {
        let ports = (0_u16..).zip(apis).map(|(index, api)| {
            let port = match self.port {
                None => api.port.unwrap_or(0),
                Some(0) => 0,
                // After the last port there is none; a free one will do.
                Some(first) => first.checked_add(index).unwrap_or(0),
            };
            let failed = |source| StartError::Listen { host: self.host, port, source };
            let listener = listen(SocketAddr::new(self.host, port)).map_err(failed)?;
            let address = reachable(listener.local_addr().map_err(failed)?);
            let web = api.web.as_ref().map(|dir| {
                WebFolder::open(dir).map_err(|source| StartError::Web { dir: dir.clone(), source })
            });
            let tag = (self.control && self.dev_page).then_some(dev_page::TAG);
            let web = web.transpose()?.map(|web| web.with_tag(tag));
            Ok(Port { web, is_first: index == 0, api, address, listener })
        });
        ports.collect()
    }

    /// The stages that are served on a port.
    pub(super) fn sites(&self, port: &Port) -> Result<Vec<Site>, StartError> {
        let described = Api::from_manifest(&port.api.manifest).map_err(StartError::Manifest)?;
        let sites = port.api.stages.iter().map(|(id, stage)| {
            let mut api = described.clone();
            api.api_id.clone_from(&port.api.api_id);
            api.stage.clone_from(&stage.name);
            api.domain_name = port.address.to_string();
            api.limits = self.limits.clone();
            let variables = stage.variables.iter().map(|(name, value)| (name.clone(), value.clone()));
            api.stage_variables.extend(variables);
            let destinations = port.api.destinations.clone();
            let deployed = DeployedStage {
                site: *id,
                api,
                is_of_first_api: port.is_first,
                described_by: port.api.described_by,
                jobs: port.api.jobs,
            };
            Site { address: port.address, destinations, deployed }
        });
        Ok(sites.collect())
    }
}

/// The region that everything at home is in.
pub(super) const HOME_REGION: &str = "us-east-1";

pub(super) fn execute_api_host(api_id: &str, region: &str) -> String {
    format!("{api_id}.execute-api.{region}.amazonaws.com")
}

pub(super) fn region(sites: &[Site]) -> String {
    sites.first().map_or(HOME_REGION, |site| &site.api().region).to_owned()
}

pub(super) fn account(sites: &[Site]) -> String {
    sites.first().map_or("000000000000", |site| &site.api().account).to_owned()
}

/// Where a function posts to: its stage, or if there are several, an address by which connections of all are reached.
pub(super) fn callback_url(of: &[SiteId], sites: &[Site]) -> String {
    let mut mine = sites.iter().filter(|site| of.contains(&site.deployed.site)).peekable();
    let Some(first) = mine.next().or(sites.first()) else { return String::new() };
    let is_only = mine.peek().is_none() && (!of.is_empty() || sites.len() == 1);
    format!("http://{}/{}", first.address, if is_only { &first.api().stage } else { ANY_STAGE })
}

fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A port whose last gateway has just ended can be had at once; one that is in use cannot.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(1024)
}

/// The address under which this machine reaches a listener.
fn reachable(address: SocketAddr) -> SocketAddr {
    let any = address.ip().is_unspecified();
    if any { SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port()) } else { address }
}
