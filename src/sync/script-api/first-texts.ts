/** The text that the scripts' state library writes into new files. */
import { escapedJson } from '../../model/yaml/escaped-text.js';

export interface FirstState {
  readonly id: string;
  readonly deployer: string;
  readonly config: string;
  readonly location: string;
  readonly controllers: string;
  readonly workers: string;
  readonly network: string;
  readonly phases: readonly string[];
}

/** Formats a count without quotes; empty if none was given. */
const bare = (text: string) => (/^[0-9]*$/.test(text) ? text : escapedJson(text));

/** deployment-state.yaml of a new deployment. `time` is in the format of the files. */
export function firstState(first: FirstState, time: string): string {
  const phases = first.phases.map((name) => `  ${name}:\n    status: "pending"\n    updated_at: "${time}"\n`);
  return `# k0rdent Deployment State
# Auto-generated on ${time}

# Basic deployment info
deployment_id: ${escapedJson(first.id)}
deployer: ${escapedJson(first.deployer)}
created_at: "${time}"
last_updated: "${time}"
phase: "preparation"
status: "in_progress"
deployment_flags:
  azure_children: false
  kof: false

# Source configuration file (for proper variable expansion)
source_config_file: ${escapedJson(first.config)}

# Configuration snapshot
config:
  azure_location: ${escapedJson(first.location)}
  resource_group: ${escapedJson(`${first.id}-resgrp`)}
  controller_count: ${bare(first.controllers)}
  worker_count: ${bare(first.workers)}
  wireguard_network: ${escapedJson(first.network)}
  wireguard_port: null

# Azure resources
azure_rg_status: "not_created"
azure_network_status: "not_created"
azure_ssh_key_status: "not_created"

# VM states (will be populated as VMs are created)
vm_states: {}

# WireGuard setup
wg_keys_generated: false
wg_laptop_config_created: false
wg_vpn_connected: false

# Cluster setup
k0s_config_generated: false
k0s_cluster_deployed: false
k0rdent_installed: false

# Deployment phase tracking
phases:
${phases.join('')}
# Artifact registry (generated files/scripts)
artifacts: {}
`;
}

function eventList(time: string, action: string, message: string): string {
  return `events:
  - timestamp: "${time}"
    action: ${action}
    message: ${message}
`;
}

/** deployment-events.yaml of a new deployment. */
export function firstEvents(id: string, time: string): string {
  return `# k0rdent Deployment Events Log
# Auto-generated on ${time}

deployment_id: ${escapedJson(id)}
created_at: "${time}"
last_updated: "${time}"

# Events log
${eventList(time, 'deployment_initialized', 'Deployment state tracking initialized')}`;
}

/** cluster-<name>-events.yaml of a new cluster. */
export function firstClusterEvents(name: string, time: string): string {
  const message = `Local event tracking initialized for ${name}`;
  const said = /^[\w .-]+$/.test(name) ? message : escapedJson(message);
  return `# Cluster Events Log: ${name.replace(/[^\x20-\x7e\xa1-\u1fff]+/g, ' ')}
# Auto-generated on ${time}
# Note: Cluster state is tracked in k0rdent - this file only tracks local events

cluster_name: ${escapedJson(name)}
created_at: "${time}"
last_updated: "${time}"

# Events log (local operations only)
${eventList(time, 'cluster_events_initialized', said)}`;
}

export function firstAzureState(time: string): string {
  return `# Azure Credentials State
# Auto-generated on ${time}
azure_credentials_configured: false
last_updated: "${time}"
`;
}

export function firstAzureEvents(time: string): string {
  return `# Azure Events Log
# Auto-generated on ${time}
events: []
last_updated: "${time}"
`;
}

export const FIRST_HISTORY = `# Deployment History Index
# Tracks all k0rdent deployments for easy lookup
deployments: []
`;
