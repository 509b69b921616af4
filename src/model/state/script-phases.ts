/** The phases of the newest deployment scripts, in their order: the default of `phaseSequence`. */
export const SCRIPT_PHASES: readonly string[] = [
  'prepare_deployment',
  'setup_network',
  'create_vms',
  'setup_vpn',
  'connect_vpn',
  'install_k0s',
  'install_k0rdent',
  'setup_azure_children',
  'install_azure_csi',
  'install_kof_mothership',
  'install_kof_regional',
];
