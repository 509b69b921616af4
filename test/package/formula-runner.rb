# Installs and tests a formula without Homebrew: ruby formula-runner.rb FORMULA PREFIX TARBALL. It has what kgit.rb uses
# of a formula, each as Homebrew has it: npm gets a tarball that it packed of the unpacked one, and runs no scripts.
require "fileutils"
require "pathname"

class Formula
  FIELDS = {}

  class << self
    [:desc, :homepage, :url, :sha256, :license].each { |field| define_method(field) { |value| FIELDS[field] = value } }

    def depends_on(name) = (FIELDS[:needs] ||= []).push(name)

    def test(&block) = define_method(:run_test, &block)

    def inherited(formula) = (@@formula = formula)

    def formula = @@formula
  end

  def initialize(prefix, tarball)
    @prefix = Pathname(prefix)
    @tarball = tarball
  end

  # Folder to which files are linked.
  Folder = Class.new(Pathname) do
    def install_symlink(files)
      mkpath
      files.each { |file| FileUtils.ln_s(file, self) }
    end
  end

  def bin = Folder.new(@prefix/"bin")
  def man1 = Folder.new(@prefix/"share/man/man1")
  def libexec = @prefix/"libexec"
  def version = File.basename(FIELDS[:url])[/kgit-(.+)\.tgz/, 1]

  def system(*words) = Kernel.system(*words.map(&:to_s), out: File::NULL, exception: true)

  def shell_output(line)
    output = `#{line}`
    raise "#{line}: #{$?.exitstatus}" unless $?.success?
    output
  end

  def assert_match(wanted, text)
    raise "#{wanted} is not in #{text}" unless text.include?(wanted)
  end

  def std_npm_args
    (libexec/"lib").mkpath
    pack = `npm pack --ignore-scripts --loglevel=error`.lines.last.chomp
    ["--global", "--ignore-scripts", "--prefix=#{libexec}", "#{Dir.pwd}/#{pack}"]
  end

  def generate_completions_from_executable(program, *words)
    { bash: "etc/bash_completion.d/kgit", zsh: "share/zsh/site-functions/_kgit",
      fish: "share/fish/vendor_completions.d/kgit.fish" }.each do |shell, path|
      (@prefix/path).dirname.mkpath
      (@prefix/path).write(shell_output([program, *words, shell].join(" ")))
    end
  end
end

file, prefix, tarball = ARGV
load file
formula = Formula.formula.new(prefix, tarball)
[["build", :install], ["test", :run_test]].each do |name, step|
  folder = File.join(ENV.fetch("HOME"), name)
  FileUtils.mkdir_p(folder)
  Dir.chdir(folder) do
    system("tar", "xzf", tarball, "--strip-components=1", exception: true) if step == :install
    formula.public_send(step)
  end
end
puts Formula::FIELDS
