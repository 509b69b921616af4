# The formula of Homebrew. `node packaging/homebrew/formula.mjs TARBALL [URL]` fills in addresses and sum.
class Kgit < Formula
  desc "GitOps state store for k0rdent operations"
  homepage "@HOMEPAGE@"
  url "@URL@"
  sha256 "@SHA256@"
  license "Apache-2.0"

  depends_on "git"
  depends_on "node"

  def install
    system "npm", "install", *std_npm_args
    bin.install_symlink libexec.glob("bin/*")
    man1.install_symlink libexec.glob("share/man/man1/*")
    generate_completions_from_executable(bin/"kgit", "completion")
    system libexec/"lib/node_modules/kgit/bin/keep-code.sh"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/kgit --version")
    system bin/"kgit", "init", "state"
    system bin/"kgit", "push-event", "backup_done", "--deployment", "dep-a", "--create", "--user", "ada",
           "--repo", "state"
    assert_match "backup_done", shell_output("#{bin}/kgit log --repo state")
  end
end
