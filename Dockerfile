# Builds Trunkline and runs it as a user without rights:
#   docker build -t trunkline .
#   docker run --rm -p 6432:6432 -p 9432:9432 -v ./trunkline.yaml:/etc/trunkline/trunkline.yaml:ro trunkline
FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /src
COPY . .
RUN mvn -B -q -DskipTests package

FROM eclipse-temurin:25-jre
RUN useradd --system --uid 10001 --home-dir /opt/trunkline trunkline
COPY --from=build /src/scripts/trunkline /src/scripts/jdk /opt/trunkline/scripts/
COPY --from=build /src/proxy-server/target/proxy-server.jar /opt/trunkline/proxy-server/target/
COPY --from=build /src/proxy-server/target/lib /opt/trunkline/proxy-server/target/lib
# The classes of a start are archived once, by the JVM that will run it.
RUN /opt/trunkline/scripts/trunkline rehearse
ENV TRUNKLINE_JAVA_OPTIONS="-XX:MaxRAMPercentage=60"
USER 10001
EXPOSE 6432 9432
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9432 && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/trunkline/scripts/trunkline"]
CMD ["serve", "-c", "/etc/trunkline/trunkline.yaml"]
