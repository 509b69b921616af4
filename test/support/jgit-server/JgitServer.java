import jakarta.servlet.DispatcherType;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.WriteListener;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collection;
import java.util.EnumSet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jgit.http.server.GitServlet;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.transport.ReceiveCommand;
import org.eclipse.jgit.transport.ReceivePack;

/**
 * Serves the bare repositories below a folder over http by JGit, the git of Gerrit: `java JgitServer.java ROOT`.
 * It prints its port. Commands come on stdin, one a line, each answered by one line; at the end of stdin it ends.
 *
 * token [TEXT]        the password to ask for from now on; none: everybody is let in
 * deny [REGEXP]       refs whose updates a hook refuses; none: all are taken
 * fail N WHAT TEXT    the N-th request from now whose method and URL contain TEXT: WHAT is a status, or `cut` for a
 *                     connection that breaks before, or `cut-after` for one that breaks when the work is done
 * failed              answered with `true` once that request has come
 */
class JgitServer {
  private static volatile String token = null;
  private static volatile Pattern denied = null;
  private static volatile Fault fault = null;

  private record Fault(AtomicInteger left, String what, String text) {
    boolean isNow(String request) {
      return request.contains(text) && left.decrementAndGet() == 0;
    }
  }

  public static void main(String[] args) throws Exception {
    File root = new File(args[0]);
    GitServlet servlet = new GitServlet();
    Map<String, Repository> opened = new ConcurrentHashMap<>();
    servlet.setRepositoryResolver((request, name) -> {
      Repository repository = opened.computeIfAbsent(name, (key) -> open(new File(root, key)));
      repository.incrementOpen();
      return repository;
    });
    servlet.setReceivePackFactory((request, repository) -> {
      ReceivePack receivePack = new ReceivePack(repository);
      receivePack.setPreReceiveHook((pack, commands) -> refuse(commands));
      return receivePack;
    });
    Server server = new Server();
    ServerConnector connector = new ServerConnector(server);
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    ServletContextHandler handler = new ServletContextHandler();
    handler.addServlet(new ServletHolder(servlet), "/*");
    handler.addFilter(new FilterHolder(new Gate()), "/*", EnumSet.of(DispatcherType.REQUEST));
    server.setHandler(handler);
    server.start();
    System.out.println(connector.getLocalPort());
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line; (line = commands.readLine()) != null; ) System.out.println(obey(line));
    System.exit(0);
  }

  private static Repository open(File folder) {
    try {
      return new FileRepositoryBuilder().setGitDir(folder).setMustExist(true).build();
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  private static String obey(String line) {
    String[] words = line.split(" ", 4);
    switch (words[0]) {
      case "token" -> token = words.length > 1 ? words[1] : null;
      case "deny" -> denied = words.length > 1 ? Pattern.compile(words[1]) : null;
      case "fail" -> fault = new Fault(new AtomicInteger(Integer.parseInt(words[1])), words[2], words[3]);
      case "failed" -> {
        return String.valueOf(fault.left.get() <= 0);
      }
      default -> throw new IllegalArgumentException(line);
    }
    return "done";
  }

  private static void refuse(Collection<ReceiveCommand> commands) {
    Pattern pattern = denied;
    for (ReceiveCommand command : commands) {
      if (pattern != null && pattern.matcher(command.getRefName()).find())
        command.setResult(ReceiveCommand.Result.REJECTED_OTHER_REASON, "prohibited by the test server");
    }
  }

  /** Stands before JGit: asks for the token, and breaks what it was told to. */
  private static class Gate extends HttpFilter {
    @Override
    protected void doFilter(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws IOException, ServletException {
      String query = request.getQueryString();
      String url = request.getMethod() + " " + request.getRequestURI() + (query == null ? "" : "?" + query);
      if (!isLetIn(request)) {
        response.setHeader("WWW-Authenticate", "Basic realm=\"git\"");
        response.sendError(401);
        return;
      }
      Fault now = fault;
      if (now == null || !now.isNow(url)) {
        chain.doFilter(request, response);
        return;
      }
      if (now.what.equals("cut-after")) chain.doFilter(request, new Unheard(response));
      if (now.what.startsWith("cut"))
        ServletContextRequest.getServletContextRequest(request).getConnectionMetaData().getConnection()
            .getEndPoint().close();
      else response.sendError(Integer.parseInt(now.what));
    }

    private static boolean isLetIn(HttpServletRequest request) {
      String expected = token;
      if (expected == null) return true;
      String header = request.getHeader("Authorization");
      if (header == null || !header.startsWith("Basic ")) return false;
      String basic = new String(Base64.getDecoder().decode(header.substring(6)), StandardCharsets.UTF_8);
      return basic.substring(basic.indexOf(':') + 1).equals(expected);
    }
  }

  /** A response whose bytes nobody gets. */
  private static class Unheard extends HttpServletResponseWrapper {
    Unheard(HttpServletResponse response) {
      super(response);
    }

    @Override
    public ServletOutputStream getOutputStream() {
      return new ServletOutputStream() {
        @Override
        public void write(int one) {}

        @Override
        public boolean isReady() {
          return true;
        }

        @Override
        public void setWriteListener(WriteListener listener) {}
      };
    }
  }
}
