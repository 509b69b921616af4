# Records in kgit what Terraform or OpenTofu does to one cluster: an event once the cluster is applied, and one once it is
# gone. Values reach kgit as environment variables, so none is a word of a shell line.
#
# A failed event taints only the terraform_data that records it: the next apply records it. An apply of the cluster that
# fails records nothing; for that, run the whole apply under kgit: kgit run cluster_applied --cluster NS/NAME -- terraform apply

terraform {
  # terraform_data is built in: since Terraform 1.4, in all versions of OpenTofu.
  required_version = ">= 1.4"
}

variable "cluster" {
  description = "The ClusterDeployment, as NAMESPACE/NAME."
  type        = string
}

variable "template" {
  description = "Its ClusterTemplate."
  type        = string
}

variable "state_repository" {
  description = "The state repository: a folder or URL."
  type        = string
}

# In the place of your resource, such as kubernetes_manifest. Keep its depends_on.
resource "terraform_data" "cluster" {
  input      = var.template
  depends_on = [terraform_data.kgit_deleted]
}

# Replaced, and so recorded, whenever the cluster was applied with another template.
resource "terraform_data" "kgit_applied" {
  triggers_replace = [var.cluster, terraform_data.cluster.output]

  provisioner "local-exec" {
    command = "kgit push-event cluster_applied --cluster=\"$CLUSTER\" --param=template=\"$TEMPLATE\" --outcome=succeeded"
    environment = {
      KGIT_REPO = var.state_repository
      CLUSTER   = var.cluster
      TEMPLATE  = terraform_data.cluster.output
    }
  }
}

# The cluster depends on it, so it is destroyed after the cluster is gone.
resource "terraform_data" "kgit_deleted" {
  triggers_replace = [var.cluster]
  input = {
    cluster    = var.cluster
    repository = var.state_repository
  }

  provisioner "local-exec" {
    when    = destroy
    command = "kgit push-event cluster_deleted --cluster=\"$CLUSTER\" --outcome=succeeded"
    environment = {
      KGIT_REPO = self.output.repository
      CLUSTER   = self.output.cluster
    }
  }
}
