// Goes through declarative pipelines as Jenkins does, on the Groovy that Jenkins has: knows the directives and steps that ours may
// use, with their options, and nothing else; instead of running commands it notes them. Reads scenarios as JSON, answers as JSON.
import groovy.json.JsonOutput
import groovy.json.JsonSlurper
import org.codehaus.groovy.control.CompilerConfiguration

class Refused extends RuntimeException {
  Refused(String message) { super(message) }
}

/** What a step that fails throws; a pipeline may catch it. */
class Failed extends RuntimeException {
  Failed(String message) { super(message) }
}

class Ended extends RuntimeException {
  Ended(String message) { super(message) }
}

/** Text alone, as variables of the environment are. */
class Environment extends HashMap<String, Object> {
  @Override Object put(String name, Object value) { super.put(name, value == null ? null : value.toString()) }
}

class Run {
  Map scenario
  Environment env = new Environment()
  Map params = [:]
  List trace = []
  String stage = null
  String agent = null
  List held = []
  List credentials = []

  void note(Map event) { trace << ([stage: stage, agent: agent, held: held.collect(), credentials: credentials.collect()] + event) }
}

/** What may stand in a block: a name with a closure that takes its arguments. Blocks of blocks are of another kind. */
class Block {
  String where
  Run run
  Map<String, Closure> known = [:]

  def invokeMethod(String name, Object arguments) {
    def directive = known[name]
    if (directive == null) throw new Refused("${where} has no ${name}; it has: ${known.keySet().sort().join(', ')}")
    directive.call(*(arguments as List))
  }
  def getEnv() { run.env }
  def getParams() { run.params }
  def propertyMissing(String name) { throw new Refused("${where} knows no ${name}") }

  def fill(Closure body) {
    body.delegate = this
    body.resolveStrategy = Closure.DELEGATE_ONLY
    body.call()
    this
  }
}

class Options {
  /** Refuses what an option or a step does not have. */
  static void check(String what, Map given, List<String> allowed, List<String> required = []) {
    def unknown = given.keySet() - allowed
    if (unknown) throw new Refused("${what} has no ${unknown.join(', ')}; it has: ${allowed.join(', ')}")
    def missing = required - given.keySet()
    if (missing) throw new Refused("${what} needs ${missing.join(', ')}")
  }
  static final List<String> units = ['SECONDS', 'MINUTES', 'HOURS', 'DAYS']
  static Closure timeout(String where) {
    return { Map given ->
      check("timeout of ${where}", given, ['time', 'unit'], ['time', 'unit'])
      if (!(given.unit in units) || !(given.time instanceof Integer)) throw new Refused("timeout of ${where}: ${given}")
    }
  }
}

/** The script: its functions, and the steps that it may take. */
abstract class Pipeline extends Script {
  protected Run current
  protected boolean begun = false

  Run begin(Run run) { this.current = run }
  boolean hasBegun() { begun }

  def getEnv() { current.env }
  def getParams() { current.params }
  def propertyMissing(String name) { throw new Refused("nobody knows ${name}") }
  def invokeMethod(String name, Object arguments) {
    try {
      return super.invokeMethod(name, arguments)
    } catch (MissingMethodException missing) {
      throw missing.method == name ? new Refused("there is no step ${name}") : missing
    }
  }

  // Steps

  def inAgent(String what) {
    if (current.agent == null) throw new Refused("${what} in ${current.stage} needs an agent")
  }
  def sh(String script) { sh(script: script) }
  def sh(Map given) {
    Options.check('sh', given, ['script', 'returnStdout', 'returnStatus', 'label'], ['script'])
    inAgent('sh')
    def script = given.script.toString()
    current.note(kind: 'sh', script: script)
    if (current.scenario.fails.any { script.contains(it) }) throw new Failed("${script} failed")
    if (given.returnStatus) return 0
    if (given.returnStdout) return (current.scenario.prints.find { script.contains(it.key) }?.value ?: '') + '\n'
  }
  def echo(String text) { current.note(kind: 'echo', text: text) }
  def error(String text) { throw new Failed(text) }
  def milestone(Map given) {
    Options.check('milestone', given, ['ordinal', 'label'], ['ordinal'])
    current.note(kind: 'milestone', ordinal: given.ordinal)
  }
  def lock(Map given, Closure body) {
    Options.check('lock', given, ['resource', 'inversePrecedence'], ['resource'])
    current.held << given.resource.toString()
    try { body.call() } finally { current.held.pop() }
  }
  def file(Map given) { binding('file', given, ['variable']) }
  def usernamePassword(Map given) { binding('usernamePassword', given, ['usernameVariable', 'passwordVariable']) }
  def binding(String kind, Map given, List<String> variables) {
    Options.check(kind, given, ['credentialsId'] + variables, ['credentialsId'] + variables)
    [id: given.credentialsId.toString(), variables: variables.collect { given[it].toString() }]
  }
  def withCredentials(List bindings, Closure body) {
    inAgent('withCredentials')
    current.credentials.addAll(bindings)
    try { body.call() } finally { bindings.each { current.credentials.pop() } }
  }
  def archiveArtifacts(Map given) {
    Options.check('archiveArtifacts', given, ['artifacts', 'allowEmptyArchive', 'fingerprint'], ['artifacts'])
    inAgent('archiveArtifacts')
    current.note(kind: 'archive', artifacts: given.artifacts.toString())
  }
  def script(Closure body) { body.call() }

  // Directives

  def pipeline(Closure body) {
    if (begun) throw new Refused('a file has one pipeline')
    begun = true
    def stages = []
    def agentGiven = false
    def block = new Block(where: 'pipeline', run: current)
    block.known = [
      agent: { what -> agentGiven = true },
      options: { Closure options -> pipelineOptions().fill(options) },
      parameters: { Closure parameters -> parametersBlock().fill(parameters) },
      environment: { Closure variables -> setVariables(variables) },
      stages: { Closure all ->
        def list = new Block(where: 'stages', run: current)
        list.known = [stage: { String name, Closure stage -> stages << [name, stage] }]
        list.fill(all)
      },
    ]
    // agent none: the word is a property.
    block.metaClass.getNone = { -> 'none' }
    block.fill(body)
    if (!agentGiven) throw new Refused('pipeline needs an agent')
    if (!stages) throw new Refused('pipeline needs stages')
    def names = stages*.first()
    if (names.unique(false) != names) throw new Refused("two stages have one name: ${names}")
    stages.each { name, stage -> runStage(name, stage) }
  }

  def pipelineOptions() {
    def block = new Block(where: 'options of pipeline', run: current)
    block.known = [
      timestamps: { -> }, disableConcurrentBuilds: { -> }, timeout: Options.timeout('pipeline'),
      logRotator: { Map given -> Options.check('logRotator', given, ['numToKeepStr', 'daysToKeepStr', 'artifactNumToKeepStr']); given },
      buildDiscarder: { Map rotator -> },
    ]
    block
  }

  def parametersBlock() {
    def block = new Block(where: 'parameters', run: current)
    block.known = [
      booleanParam: { Map given ->
        Options.check('booleanParam', given, ['name', 'defaultValue', 'description'], ['name', 'defaultValue'])
        current.params[given.name] = current.scenario.params.getOrDefault(given.name, given.defaultValue)
      },
    ]
    block
  }

  def setVariables(Closure variables) {
    def env = current.env
    variables.delegate = new Expando() {
      void setProperty(String name, Object value) { env.put(name, value) }
    }
    variables.resolveStrategy = Closure.DELEGATE_ONLY
    variables.call()
  }

  def runStage(String name, Closure body) {
    current.stage = name
    def parts = [:]
    def block = new Block(where: "stage '${name}'", run: current)
    block.known = ['agent', 'when', 'options', 'input', 'steps', 'post'].collectEntries { part ->
      [(part): { Closure inside ->
        if (parts.containsKey(part)) throw new Refused("stage '${name}' has two of ${part}")
        parts[part] = inside
      }]
    }
    block.fill(body)
    if (parts.post) throw new Refused('post is not gone through here: teach it first')
    if (!parts.steps) throw new Refused("stage '${name}' needs steps")
    if (parts.options) {
      def options = new Block(where: "options of '${name}'", run: current)
      options.known = [timeout: Options.timeout(name)]
      options.fill(parts.options)
    }
    def (agrees, beforeInput, beforeAgent) = parts.when ? decide(name, parts.when) : [true, true, true]
    if (parts.agent && !beforeAgent) throw new Refused("stage '${name}' takes a machine before it knows whether it needs one")
    if (parts.input && agrees || parts.input && !beforeInput) ask(name, parts.input)
    if (!agrees) return
    if (parts.agent) {
      def agents = new Block(where: "agent of '${name}'", run: current)
      agents.known = [label: { String label -> current.agent = label }]
      agents.fill(parts.agent)
    }
    current.note(kind: 'stage')
    try {
      parts.steps.delegate = this
      parts.steps.resolveStrategy = Closure.DELEGATE_ONLY
      parts.steps.call()
    } finally {
      current.agent = null
    }
  }

  def decide(String name, Closure body) {
    def beforeInput = false, beforeAgent = false
    def answers = []
    def block = new Block(where: "when of '${name}'", run: current)
    block.known = [
      beforeInput: { boolean value -> beforeInput = value },
      beforeAgent: { boolean value -> beforeAgent = value },
      branch: { String branch -> answers << (current.env.BRANCH_NAME == branch) },
      environment: { Map given ->
        Options.check('environment', given, ['name', 'value'], ['name', 'value'])
        answers << (current.env[given.name] == given.value)
      },
    ]
    block.fill(body)
    if (!answers) throw new Refused("when of '${name}' asks nothing")
    [answers.every(), beforeInput, beforeAgent]
  }

  def ask(String name, Closure body) {
    def given = [:]
    def block = new Block(where: "input of '${name}'", run: current)
    block.known = ['message', 'ok', 'submitter', 'id'].collectEntries { part -> [(part): { value -> given[part] = value.toString() }] }
    block.fill(body)
    if (!given.message || !given.submitter) throw new Refused("input of '${name}' needs a message and who may answer")
    if (given.message.contains('null')) throw new Refused("input of '${name}' asks of what is not there: ${given.message}")
    current.note(kind: 'input', message: given.message, submitter: given.submitter)
    if (name in current.scenario.rejects) throw new Ended("${name} was not approved")
  }
}

def settings = new CompilerConfiguration(scriptBaseClass: Pipeline.name)
def loader = new GroovyClassLoader(this.class.classLoader, settings)
def runs = new JsonSlurper().parse(System.in).collect { scenario ->
  def run = new Run(scenario: [fails: [], prints: [:], rejects: [], params: [:]] + scenario)
  run.env.putAll([BRANCH_NAME: scenario.branch ?: 'main', BUILD_URL: 'https://jenkins.example/job/1/'])
  def result = 'SUCCESS', message = ''
  try {
    Pipeline script = loader.parseClass(scenario.text, 'Jenkinsfile' + System.identityHashCode(scenario)).newInstance()
    script.begin(run)
    script.run()
    if (!script.hasBegun()) throw new Refused('there is no pipeline')
  } catch (Refused | org.codehaus.groovy.control.CompilationFailedException refused) {
    (result, message) = ['REFUSED', refused.message]
  } catch (MissingMethodException | MissingPropertyException | IllegalArgumentException | ClassCastException wrong) {
    (result, message) = ['REFUSED', wrong.message]
  } catch (Failed failed) {
    (result, message) = ['FAILURE', failed.message]
  } catch (Ended ended) {
    (result, message) = ['ABORTED', ended.message]
  }
  [result: result, message: message, env: run.env, trace: run.trace]
}
println JsonOutput.toJson(runs)
