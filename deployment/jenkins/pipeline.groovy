// The pipeline of a service: its tests, the image, dev on every commit of main, qa and prod when somebody has said so.
// node scripts/generate-jenkins.ts makes <service>.Jenkinsfile of it, with the service and the paths that it depends on.

/** What a stage is reached with. The scripts find it in their environment; Jenkins masks it in what they print. */
def withStage(String stage, Closure work) {
  withCredentials([
    file(credentialsId: "waybill-${stage}-kubeconfig", variable: 'KUBECONFIG'),
    file(credentialsId: "waybill-${stage}-values", variable: 'OWN_VALUES'),
    usernamePassword(
      credentialsId: "waybill-${stage}-operator",
      usernameVariable: 'WAYBILL_OPERATOR_EMAIL',
      passwordVariable: 'WAYBILL_OPERATOR_PASSWORD'
    )
  ]) {
    work()
  }
}

def listDatabaseChanges(String stage) {
  withStage(stage) {
    sh "deployment/jenkins/release changes ${stage}"
  }
  archiveArtifacts artifacts: "database-changes-${stage}.md"
}

/**
 * One deployment at a time in each stage, whatever the service: what the check finds is then the fault of this one. A build
 * that comes too late, because a newer one is there already, ends at the milestone.
 */
def deploy(String stage, int ordinal) {
  lock(resource: "waybill-${stage}", inversePrecedence: true) {
    milestone ordinal: ordinal
    withStage(stage) {
      try {
        sh "deployment/jenkins/release deploy ${stage}"
        sh "deployment/jenkins/release check ${stage}"
      } catch (failure) {
        sh "deployment/jenkins/release roll-back ${stage}"
        throw failure
      }
    }
  }
}

pipeline {
  agent none

  options {
    timestamps()
    buildDiscarder(logRotator(numToKeepStr: '100'))
    timeout(time: 15, unit: 'DAYS')
  }

  parameters {
    booleanParam(name: 'EVERYTHING', defaultValue: false, description: 'Test and deploy though nothing of this service has changed')
  }

  environment {
    SERVICE = '@SERVICE@'
    // Of git: what of the repository this service is made of.
    PATHS = '''
@PATHS@
    '''
  }

  stages {
    stage('What changed') {
      agent { label 'waybill-deploy' }
      options { timeout(time: 10, unit: 'MINUTES') }
      steps {
        script {
          env.AFFECTED = params.EVERYTHING ? 'yes' : sh(script: 'deployment/jenkins/release affected', returnStdout: true).trim()
        }
      }
    }

    stage('Install and test') {
      when {
        beforeAgent true
        environment name: 'AFFECTED', value: 'yes'
      }
      agent { label 'waybill-test' }
      options { timeout(time: 60, unit: 'MINUTES') }
      steps {
        sh '.ci/run'
      }
    }

    stage('Image') {
      when {
        beforeAgent true
        branch 'main'
        environment name: 'AFFECTED', value: 'yes'
      }
      agent { label 'waybill-image' }
      options { timeout(time: 30, unit: 'MINUTES') }
      steps {
        script {
          withCredentials([
            usernamePassword(credentialsId: 'waybill-registry', usernameVariable: 'REGISTRY_USER', passwordVariable: 'REGISTRY_PASSWORD')
          ]) {
            env.IMAGE_DIGEST = sh(script: 'deployment/jenkins/release image', returnStdout: true).trim()
          }
        }
      }
    }

    stage('Deploy to dev') {
      when {
        beforeAgent true
        branch 'main'
        environment name: 'AFFECTED', value: 'yes'
      }
      agent { label 'waybill-deploy' }
      options { timeout(time: 3, unit: 'HOURS') }
      steps {
        listDatabaseChanges('dev')
        deploy('dev', 1)
      }
    }

    stage('Database changes for qa') {
      when {
        beforeAgent true
        branch 'main'
        environment name: 'AFFECTED', value: 'yes'
      }
      agent { label 'waybill-deploy' }
      options { timeout(time: 10, unit: 'MINUTES') }
      steps {
        listDatabaseChanges('qa')
      }
    }

    stage('Approve qa') {
      when {
        beforeInput true
        branch 'main'
        environment name: 'AFFECTED', value: 'yes'
      }
      options { timeout(time: 5, unit: 'DAYS') }
      input {
        message "Deploy ${env.SERVICE} to qa? What it does to the database: ${env.BUILD_URL}artifact/database-changes-qa.md"
        ok 'Deploy'
        submitter 'waybill-qa-approvers'
      }
      steps {
        echo 'approved for qa'
      }
    }

    stage('Deploy to qa') {
      when {
        beforeAgent true
        branch 'main'
        environment name: 'AFFECTED', value: 'yes'
      }
      agent { label 'waybill-deploy' }
      options { timeout(time: 3, unit: 'HOURS') }
      steps {
        deploy('qa', 2)
      }
    }

    stage('Database changes for prod') {
      when {
        beforeAgent true
        branch 'main'
        environment name: 'AFFECTED', value: 'yes'
      }
      agent { label 'waybill-deploy' }
      options { timeout(time: 10, unit: 'MINUTES') }
      steps {
        listDatabaseChanges('prod')
      }
    }

    stage('Approve prod') {
      when {
        beforeInput true
        branch 'main'
        environment name: 'AFFECTED', value: 'yes'
      }
      options { timeout(time: 5, unit: 'DAYS') }
      input {
        message "Deploy ${env.SERVICE} to prod? What it does to the database: ${env.BUILD_URL}artifact/database-changes-prod.md"
        ok 'Deploy'
        submitter 'waybill-prod-approvers'
      }
      steps {
        echo 'approved for prod'
      }
    }

    stage('Deploy to prod') {
      when {
        beforeAgent true
        branch 'main'
        environment name: 'AFFECTED', value: 'yes'
      }
      agent { label 'waybill-deploy' }
      options { timeout(time: 3, unit: 'HOURS') }
      steps {
        deploy('prod', 3)
      }
    }
  }
}
