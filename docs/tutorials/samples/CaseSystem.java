import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A case system in Java 17, without libraries: reads a list, sends an outcome, checks a webhook. */
public final class CaseSystem {
    private static final int ATTEMPTS = 5;

    private final HttpClient http = HttpClient.newHttpClient();
    private final String url;
    private final String token;

    CaseSystem(String url, String token) {
        this.url = url;
        this.token = token;
    }

    /** Sends a request, and repeats it after the time that Retry-After names. */
    HttpResponse<byte[]> call(String method, String path, String key, String json)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .header("Authorization", "Bearer " + token);
        if (json == null) {
            request.method(method, HttpRequest.BodyPublishers.noBody());
        } else {
            request.header("Content-Type", "application/json");
            request.method(method, HttpRequest.BodyPublishers.ofString(json));
        }
        if (key != null) {
            request.header("Idempotency-Key", key);
        }
        for (int attempt = 1; ; attempt++) {
            HttpResponse<byte[]> answer =
                    http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            String wait = answer.headers().firstValue("Retry-After").orElse(null);
            if (wait == null || attempt == ATTEMPTS) {
                return answer;
            }
            Thread.sleep(Long.parseLong(wait) * 1000L);
        }
    }

    /** Returns the signature of a webhook (Standard Webhooks), to be compared with its header. */
    static String signature(String secret, String id, String timestamp, String body)
            throws GeneralSecurityException {
        byte[] key = Base64.getDecoder().decode(secret.replaceFirst("^whsec_", ""));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        String signed = id + "." + timestamp + "." + body;
        byte[] code = mac.doFinal(signed.getBytes(StandardCharsets.UTF_8));
        return "v1," + Base64.getEncoder().encodeToString(code);
    }

    /** Returns whether one of the signatures of the header is right, in constant time. */
    static boolean isSigned(String header, String expected) {
        boolean found = false;
        for (String one : header.split(" ")) {
            found |= MessageDigest.isEqual(
                    one.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8));
        }
        return found;
    }

    public static void main(String[] arguments) throws Exception {
        CaseSystem system = new CaseSystem(System.getenv("URL"), System.getenv("TOKEN"));
        HttpResponse<byte[]> list = system.call("GET", "/v1/watchlists/latest", null, null);
        System.out.println("list " + list.statusCode() + " " + list.body().length);
        String visit = String.format(
                "{\"project_id\": \"%s\", \"inspected_on\": \"2025-06-12\","
                        + " \"arrears_found\": false}", System.getenv("PROJECT"));
        for (int time = 0; time < 2; time++) {
            HttpResponse<byte[]> sent = system.call("POST", "/v1/outcomes", "visit-java-1", visit);
            System.out.println("outcome " + sent.statusCode() + " "
                    + sent.headers().firstValue("Idempotency-Replayed").orElse("false"));
        }
        String expected = signature(System.getenv("SECRET"), "e-1", "1700000000", "{\"a\": \"欠薪\"}");
        System.out.println("signed " + isSigned(System.getenv("SIGNATURE"), expected));
        System.out.println("forged " + isSigned(System.getenv("SIGNATURE") + "x", expected));
    }
}
